import type { VariableProblem } from '#server/domain/variables.ts';
import { fail } from '#server/release/failure.ts';

/** A reference that leads nowhere although the snapshot was checked, for example after a value was revoked. */
export const variableFailure = (problem: VariableProblem): ReturnType<typeof fail> =>
  fail(
    'variable_unresolved',
    `The variable ${problem.key} of ${problem.component} refers to ${problem.reference}: ${problem.message}`,
    'Mend the reference, then deploy again.',
    { fix: { kind: 'variables', key: problem.key } },
  );
