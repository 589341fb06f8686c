import type { VariableProblem } from '#server/domain/variables.ts';
import { fail } from '#server/release/failure.ts';

/** A value that is revoked, or a reference that leads nowhere although the snapshot was checked. */
export const variableFailure = (problem: VariableProblem): ReturnType<typeof fail> =>
  fail(
    'variable_unresolved',
    problem.code === 'revoked'
      ? problem.message
      : `The variable ${problem.key} of ${problem.component} refers to ${problem.reference}: ${problem.message}`,
    problem.code === 'revoked'
      ? 'Set a new value, or remove the variable, then deploy again.'
      : 'Mend the reference, then deploy again.',
    { fix: { kind: 'variables', key: problem.key } },
  );
