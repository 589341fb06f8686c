/** `Procfile`: one `type: command` per line. Pure. */
import type { PlanInput, PlanFailure } from '#server/build/planners/types.ts';
import { planFailure } from '#server/build/planners/results.ts';

const maxTypes = 50;

/** The types of a Procfile in order; a failure names the line. A repository without one has no types. */
export function readProcfile(input: PlanInput): ReadonlyMap<string, string> | PlanFailure {
  const text = input.files.read('Procfile') ?? '';
  const types = new Map<string, string>();
  const wrong = (line: number, what: string): PlanFailure =>
    planFailure(
      'no_planner',
      'run.command',
      `Procfile, line ${line}: ${what}.`,
      'Correct the Procfile and push again.',
    );
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, type, command] = /^([A-Za-z][A-Za-z0-9_-]{0,31}):[ \t]*(\S.{0,1999})$/.exec(line) ?? [];
    if (!type || !command) return wrong(index + 1, 'expected `type: command`');
    if (types.has(type)) return wrong(index + 1, `the type ${type} appears twice`);
    if (types.size === maxTypes) return wrong(index + 1, `more than ${maxTypes} types`);
    types.set(type, command.trim());
  }
  return types;
}

/** The type that a component of this kind runs. */
export const procfileType = (input: PlanInput): 'web' | 'worker' =>
  input.context.kind === 'worker' || input.context.kind === 'job' || input.context.kind === 'cron' ? 'worker' : 'web';

/** The Procfile's command for the component's kind; null when it has none. */
export function procfileCommand(input: PlanInput): string | null | PlanFailure {
  const types = readProcfile(input);
  return 'kind' in types ? types : (types.get(procfileType(input)) ?? null);
}
