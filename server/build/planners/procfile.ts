/**
 * `Procfile`: one `type: command` per line, in the root directory of a component. Pure.
 *
 * A component runs the type that its setting names, else the type with its own name, else the type of its kind: `web`,
 * `tcp` or `worker`. `postdeploy` and `first-deploy` are hooks, never processes.
 */
import type { PlanInput, PlanFailure } from '#server/build/planners/types.ts';
import { planFailure } from '#server/build/planners/results.ts';
import type { ComponentKind } from '#server/domain/words.ts';

const maxTypes = 50;
const hookTypes: readonly string[] = ['postdeploy', 'first-deploy'];
const kindTypes: Partial<Record<ComponentKind, string>> = { web: 'web', static: 'web', tcp: 'tcp', worker: 'worker' };

export interface ProcfileHooks {
  postdeploy: string | null;
  firstDeploy: string | null;
}

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

/** True for a process that nothing connects to: it gets no port. */
export const isBackground = (input: PlanInput): boolean =>
  input.context.kind === 'worker' || input.context.kind === 'job' || input.context.kind === 'cron';

export interface ProcessType {
  type: string;
  command: string;
  /** The component or a setting names it; the type of the kind is only a guess. */
  isNamed: boolean;
}

/** What the Procfile starts this component with; null when it says nothing about it. */
export function processTypeOf(input: PlanInput): ProcessType | null | PlanFailure {
  const types = readProcfile(input);
  if ('kind' in types) return types;
  const { processType } = input.settings.run;
  const processes = [...types.keys()].filter((type) => !hookTypes.includes(type));
  const found = (type: string, isNamed: boolean): ProcessType | null => {
    const command = processes.includes(type) ? types.get(type) : undefined;
    return command === undefined ? null : { type, command, isNamed };
  };
  if (processType) {
    const there = processes.length === 0 ? 'it has none' : `it has ${processes.join(', ')}`;
    return (
      found(processType, true) ??
      planFailure('no_planner', 'run.processType', `The Procfile has no process type ${processType}; ${there}.`, 'Correct the process type in the settings, or add the line to the Procfile.') // prettier-ignore
    );
  }
  return found(input.context.name, true) ?? found(kindTypes[input.context.kind] ?? '', false);
}

/** The hooks that the Procfile asks for. */
export function procfileHooks(types: ReadonlyMap<string, string>): ProcfileHooks | null {
  const hooks = { postdeploy: types.get('postdeploy') ?? null, firstDeploy: types.get('first-deploy') ?? null };
  return hooks.postdeploy === null && hooks.firstDeploy === null ? null : hooks;
}
