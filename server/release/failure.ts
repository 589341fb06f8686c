/** From what went wrong to what is shown: code, one sentence on what happened, one on what to do, the last lines, a link. */
import type { Failure, FailureCode, FixTarget } from '#server/domain/release.ts';
import type { ReleaseState } from '#server/domain/release-machine.ts';
import type { StepFailure, StepResult } from '#server/release/engine.ts';

export const lastLineCount = 50;

/** A failed step: data with a reason, as opposed to an exception that is tried again. */
export const fail = (
  code: FailureCode,
  message: string,
  advice: string,
  more: { componentId?: string; lastLines?: readonly string[]; fix?: FixTarget } = {},
): Extract<StepResult, { kind: 'failed' }> => ({
  kind: 'failed',
  failure: { code, message, advice, lastLines: [], ...more },
});

const retry: FixTarget = { kind: 'retry' };
const late: Partial<Record<ReleaseState, StepFailure>> = {
  fetching: {
    code: 'clone_timeout',
    message: 'Fetching the code took too long.',
    advice: 'Check that the Git server answers, then deploy again.',
    lastLines: [],
    fix: retry,
  },
  building: {
    code: 'build_timeout',
    message: 'The build took too long.',
    advice: 'Make the build shorter, or split it, then deploy again.',
    lastLines: [],
    fix: retry,
  },
  switching: {
    code: 'edge_refused',
    message: 'The edge did not confirm the new routes in time.',
    advice: 'The previous release keeps serving. Deploy again; if it happens again, ask the operator.',
    lastLines: [],
    fix: retry,
  },
};
const engineAway: StepFailure = {
  code: 'engine_unavailable',
  message: 'The engine that runs the instances did not answer in time.',
  advice: 'The previous release keeps serving. Deploy again; if it happens again, ask the operator.',
  lastLines: [],
  fix: retry,
};

/** What passing the limit of a state means. */
export function lateFailure(release: { state: ReleaseState; heldReason: string | null }): StepFailure {
  if (release.state === 'starting' && release.heldReason !== null)
    return {
      code: 'capacity',
      message: release.heldReason,
      advice:
        'Give the components less memory or fewer instances, stop something else, or give the machine more memory.',
      lastLines: [],
      fix: retry,
    };
  return late[release.state] ?? engineAway;
}

/** A fault of ours: the message says so and shows nothing of it. */
export const internalFailure: StepFailure = {
  code: 'internal',
  message: 'Slipway itself could not go on with this release.',
  advice: 'Deploy again; the operator finds the reason in the log of the worker.',
  lastLines: [],
  fix: retry,
};

export const withPhase = (phase: ReleaseState, failure: StepFailure): Failure => ({
  phase,
  ...failure,
  lastLines: failure.lastLines.slice(-lastLineCount),
});
