/** Small constructors that every planner shares. */
import { imageUser, renderDockerfile, type Stage, type Step } from '#server/build/render.ts';
import type { PlanFailure, PlanInput, PlanResult } from '#server/build/planners/types.ts';
import type { BuildPlan } from '#server/build/types.ts';

export const planFailure = (
  code: PlanFailure['code'],
  setting: string,
  message: string,
  advice: string,
): PlanFailure => ({ kind: 'failed', code, setting, message, advice });

/** A plan whose Dockerfile is ours; the root directory is its context. */
export const renderedPlan = (
  input: PlanInput,
  planner: BuildPlan['planner'],
  result: { found: readonly string[]; stages: readonly Stage[]; port: number },
): PlanResult => ({
  kind: 'planned',
  plan: {
    planner,
    found: result.found,
    dockerfile: { kind: 'rendered', text: renderDockerfile(result.stages) },
    context: input.settings.rootDirectory,
    target: '',
    port: result.port,
    command: input.settings.run.command,
  },
});

/** How it starts and where it listens, in words; what a setting says comes before what was found. */
export function startFindings(
  input: PlanInput,
  found: { command: string; from: string } | null,
  defaultPort: number,
): string[] {
  const { command, port } = input.settings.run;
  const start = command === null ? found : { command, from: 'settings' };
  const listens = port === null ? `listens on ${defaultPort} unless PORT says otherwise` : `listens on ${port}`;
  const isBackground = ['worker', 'job', 'cron'].includes(input.context.kind);
  return [
    ...(start === null ? [] : [`starts with \`${start.command}\` (${start.from})`]),
    ...(isBackground ? [] : [listens]),
  ];
}

/** Build arguments for the variables of the component; names that are not plain words cannot reach a Dockerfile. */
export const buildArguments = (input: PlanInput): Step[] =>
  input.context.buildVariables
    .filter((name) => /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name))
    .toSorted()
    .map((name) => ({ do: 'argument', name }));

/**
 * A command without anything for a shell to do becomes its words; anything else goes to the shell, replaced by the
 * last command where that is possible, so that the application itself gets the stop signal.
 */
export function startArgv(command: string): readonly string[] {
  if (/^[A-Za-z0-9_./:@=,+-]+(?: +[A-Za-z0-9_./:@=,+-]+)*$/.test(command) && !/^\w+=/.test(command))
    return command.split(/ +/);
  const isOneCommand = !/[;&|\n()`]|\$\(/.test(command) && !/^\w+=|^exec /.test(command);
  return ['/bin/sh', '-c', isOneCommand ? `exec ${command}` : command];
}

/** The last steps of an image that runs the application in /app. */
export const runSteps = (port: number, start: string | null): Step[] => [
  { do: 'user', user: imageUser },
  { do: 'expose', port },
  ...(start === null ? [] : [{ do: 'start' as const, argv: startArgv(start) }]),
];
