/** Planner: the repository's own Dockerfile. Whether the engine knows its features is the builder's question. */
import { processTypeOf } from '#server/build/planners/procfile.ts';
import { planFailure } from '#server/build/planners/results.ts';
import type { PlanInput, Planner, PlanResult } from '#server/build/planners/types.ts';

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('/');

interface Instruction {
  name: string;
  rest: string;
}

/** Instructions with continuation lines joined. Enough to find what is exposed; it is not a parser of values. */
function instructionsOf(text: string): Instruction[] {
  const instructions: Instruction[] = [];
  let open: Instruction | null = null;
  for (const raw of text.split(/\r?\n/)) {
    if (/^\s*(#|$)/.test(raw)) continue;
    const content = raw.replace(/\\\s*$/, '').trim();
    if (open) open.rest += ` ${content}`;
    else {
      const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/.exec(content) ?? [];
      open = { name: name.toUpperCase(), rest };
      instructions.push(open);
    }
    if (!/\\\s*$/.test(raw)) open = null;
  }
  return instructions;
}

/** The port that the last stage exposes, when it is a plain tcp number. */
function exposedPort(instructions: readonly Instruction[]): number | null {
  const lastFrom = instructions.findLastIndex(({ name }) => name === 'FROM');
  const exposed = instructions.slice(lastFrom + 1).find(({ name }) => name === 'EXPOSE');
  const port = Number(/^(\d{1,5})(?:\/tcp)?(?:\s|$)/.exec(exposed?.rest ?? '')?.[1]);
  return port >= 1 && port <= 65_535 ? port : null;
}

function planFile(input: PlanInput, path: string, text: string): PlanResult {
  const { settings } = input;
  const instructions = instructionsOf(text);
  const port = exposedPort(instructions);
  const target = settings.build.target;
  const declared = processTypeOf(input);
  if (declared !== null && 'kind' in declared) return declared;
  // The Dockerfile's own command is the web process, unless the Procfile means this component by name.
  const process = declared && (declared.isNamed || declared.type !== 'web') ? declared : null;
  return {
    kind: 'planned',
    plan: {
      planner: 'dockerfile',
      found: [
        `Dockerfile: ${path}`,
        ...(target === '' ? [] : [`target ${target}`]),
        ...(port === null ? [] : [`listens on ${port} (EXPOSE)`]),
        ...(process ? [`starts with \`${process.command}\` (Procfile ${process.type})`] : []),
      ],
      dockerfile: { kind: 'repository', path: joined(settings.rootDirectory, path) },
      context: joined(settings.rootDirectory, settings.build.context),
      target,
      port,
      command: settings.run.command ?? process?.command ?? null,
    },
  };
}

export const dockerfilePlanner: Planner = {
  name: 'dockerfile',
  detect: ({ files, settings }) =>
    files.paths.includes(settings.build.dockerfile) || settings.build.dockerfile !== 'Dockerfile',
  plan(input) {
    const path = input.settings.build.dockerfile;
    const { files } = input;
    for (const [setting, value] of [
      ['build.dockerfile', path],
      ['build.context', input.settings.build.context],
    ] as const) {
      if (value === '' || !files.leavesRepository(value)) continue;
      const message = `${setting === 'build.context' ? 'The build context' : 'The Dockerfile'} is a link that leads out of the repository.`;
      return planFailure('path_outside_repository', setting, message, 'Replace the link by a file or folder.');
    }
    const text = files.read(path);
    if (text !== null && text.trim() !== '') return planFile(input, path, text);
    const message = files.paths.includes(path)
      ? `${path} is empty, or not a text file of at most 256 KiB.`
      : `There is no ${path} in the root directory.`;
    return planFailure('dockerfile_missing', 'build.dockerfile', message, 'Correct its name in the build settings.');
  },
};
