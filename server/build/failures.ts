/** Why a build failed, in sentences for its owner. Limits are decided elsewhere, from facts; here is what BuildKit says. */
import type { FailedStep } from '#server/build/trace.ts';
import type { BuildRequest, BuildResult } from '#server/build/types.ts';

export type BuildFailure = Extract<BuildResult, { kind: 'failed' }>;

const failed = (code: BuildFailure['code'], message: string, advice: string): BuildFailure => ({
  kind: 'failed',
  code,
  message,
  advice,
});

/** A build that was ended because of a limit. */
export function limitFailure(
  code: 'build_timeout' | 'build_out_of_memory' | 'build_process_limit' | 'build_disk_full',
  limits: BuildRequest['limits'],
): BuildFailure {
  switch (code) {
    case 'build_timeout':
      return failed(code, `The build took longer than ${minutes(limits.timeoutMs)}.`, 'Make it shorter: cache what it downloads, and leave out steps that run tests.'); // prettier-ignore
    case 'build_out_of_memory':
      return failed(code, `The build used more than its ${String(limits.memoryMib)} MiB of memory.`, 'Give builds more memory, or let the build do less at once.'); // prettier-ignore
    case 'build_process_limit':
      return failed(code, `The build started more than its ${String(limits.processes)} processes.`, 'Look for a command that starts itself again, or lower its parallelism.'); // prettier-ignore
    case 'build_disk_full':
      return failed(code, "The build filled the builder's disk.", 'Remove what the build does not need as it goes; the operator can give builds more disk.'); // prettier-ignore
  }
}

const minutes = (ms: number): string =>
  ms < 120_000 ? `${String(Math.round(ms / 1000))} seconds` : `${String(Math.round(ms / 60_000))} minutes`;

const shortName = (name: string): string => {
  const bare = name.replace(/^\[[^\]]*\]\s*/, '');
  return bare.length > 160 ? `${bare.slice(0, 157)}…` : bare;
};

/** @param error BuildKit's last sentence; @param step the step that failed by itself, if the Dockerfile got that far */
export function explain(error: string, step: FailedStep | null): BuildFailure {
  const base = /^\[internal\] load metadata for (\S+)$/.exec(step?.name ?? '')?.[1]?.replace('docker.io/library/', '');
  if (base)
    return failed('image_unavailable', `The base image ${base} cannot be had.`, 'Check its name and version. Private registries, and registries that this machine does not reach, cannot be used here.'); // prettier-ignore
  if (!step)
    return failed(
      'build_failed',
      `The Dockerfile cannot be built: ${error.slice(0, 500)}.`,
      'Correct the line that is named.',
    );
  const code = /exit code: (\d+)\s*$/.exec(step.error)?.[1];
  return code
    ? failed('build_failed', `"${shortName(step.name)}" ended with exit code ${code}.`, 'The last lines of the log say why.')
    : failed('build_failed', `"${shortName(step.name)}" failed: ${step.error.slice(0, 500)}.`, 'Check that the files it names are in the repository and not in .dockerignore.'); // prettier-ignore
}
