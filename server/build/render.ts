/**
 * Stages as data → the text of a Dockerfile for BuildKit's built-in frontend of Docker 20.10 (no heredocs, no `# syntax`).
 * Commands of a tenant are written in JSON form, so that no text can become an instruction.
 */
export type Step =
  | { do: 'workdir'; path: string }
  | { do: 'copy'; sources: readonly string[]; to: string; from?: string; owner?: string }
  /** `command` is one text for the image's shell; `caches` are folders kept between builds of the same organization. */
  | { do: 'run'; command: string; caches?: readonly string[] }
  | { do: 'argument'; name: string }
  | { do: 'env'; values: Readonly<Record<string, string>> }
  | { do: 'user'; user: string }
  | { do: 'expose'; port: number }
  | { do: 'stop-signal'; signal: string }
  /** Replaces entry point and command of the base image. */
  | { do: 'start'; argv: readonly string[] };

export interface Stage {
  from: string;
  name?: string;
  steps: readonly Step[];
}

/** The numeric id of the ordinary user that images run as; official Node images call it `node`. */
export const imageUser = '1000:1000';

const json = (parts: readonly string[]): string => `[${parts.map((part) => JSON.stringify(part)).join(', ')}]`;
const quoted = (value: string): string => `"${value.replace(/[\\"$]/g, (character) => `\\${character}`)}"`;

function renderStep(step: Step): string[] {
  switch (step.do) {
    case 'workdir':
      return [`WORKDIR ${step.path}`];
    case 'copy': {
      const flags = [step.from && `--from=${step.from}`, step.owner && `--chown=${step.owner}`].filter(Boolean);
      return [['COPY', ...flags, json([...step.sources, step.to])].join(' ')];
    }
    case 'run': {
      const mounts = (step.caches ?? []).map((target) => `--mount=type=cache,target=${target}`);
      return [['RUN', ...mounts, json(['/bin/sh', '-c', step.command])].join(' ')];
    }
    case 'argument':
      return [`ARG ${step.name}`];
    case 'env':
      return Object.entries(step.values).map(([name, value]) => `ENV ${name}=${quoted(value)}`);
    case 'user':
      return [`USER ${step.user}`];
    case 'expose':
      return [`EXPOSE ${step.port}`];
    case 'stop-signal':
      return [`STOPSIGNAL ${step.signal}`];
    case 'start':
      return ['ENTRYPOINT []', `CMD ${json(step.argv)}`];
  }
}

/** The same stages always give the same text: it is part of the build key. */
export const renderDockerfile = (stages: readonly Stage[]): string =>
  stages
    .map(({ from, name, steps }) =>
      [`FROM ${from}${name ? ` AS ${name}` : ''}`, ...steps.flatMap(renderStep), ''].join('\n'),
    )
    .join('\n');
