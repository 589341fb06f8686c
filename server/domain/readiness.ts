/**
 * Is an instance ready? Pure: observations in, a verdict out. Ready needs positive evidence (the port accepts, the check
 * answers, the process is alive long enough), never the absence of a failure. All times are milliseconds.
 */
import type { FailureCode, FixTarget } from '#server/domain/release.ts';
import type { Settings } from '#server/domain/settings.ts';
import type { ComponentKind } from '#server/domain/words.ts';

export interface ReadinessObservation {
  phase: 'created' | 'running' | 'restarting' | 'exited' | 'missing';
  exitCode: number | null;
  outOfMemory: boolean;
  /** The configured port accepts connections; null when the component has none. */
  accepts: boolean | null;
  /** Answers of the HTTP check in a row that were right, since the first of them, and the last status; null without a check. */
  http: { rightInARow: number; rightForMs: number; lastStatus: number | null } | null;
  /** What the instance listens on; null while nobody asked. */
  listening: readonly { port: number; loopbackOnly: boolean }[] | null;
  /** How often it has ended since the release started it, this time included. */
  exits: number;
  /** Since it was first seen running. */
  aliveMs: number;
}
export interface ReadinessRules {
  componentId: string;
  componentName: string;
  kind: ComponentKind;
  port: number | null;
  readiness: Settings['readiness'];
  memoryMib: number;
  settleMs: number;
  /** Time since the release began to check, and the limit. */
  elapsedMs: number;
  deadlineMs: number;
}
export type ReadinessVerdict =
  | { kind: 'wait' }
  | { kind: 'ready' }
  /** It ended, and is started again: what it waits for may come up a moment later. */
  | { kind: 'again'; message: string }
  | { kind: 'failed'; code: FailureCode; message: string; advice: string; fix: FixTarget };

/** Right answers in a row that an HTTP check needs: one may come from a process that is about to fail. */
export const httpSuccesses = 3;
/** Exits of one instance after which the release fails. */
export const exitLimit = 3;

const setting = (rules: ReadinessRules, path: string): FixTarget => ({
  kind: 'setting',
  componentId: rules.componentId,
  path,
});
const failed = (code: FailureCode, message: string, advice: string, fix: FixTarget): ReadinessVerdict => ({
  kind: 'failed',
  code,
  message,
  advice,
  fix,
});

function ended(rules: ReadinessRules, seen: ReadinessObservation): ReadinessVerdict {
  const name = rules.componentName;
  if (seen.outOfMemory)
    return failed(
      'out_of_memory',
      `${name} was stopped because it needed more than ${rules.memoryMib} MiB of memory.`,
      'Give it more memory, or make it use less while it starts.',
      {
        kind: 'setting',
        componentId: rules.componentId,
        path: 'size.memoryMib',
        suggestion: { label: `Use ${rules.memoryMib * 2} MiB`, value: rules.memoryMib * 2 },
      },
    );
  if (seen.exitCode === 126 || seen.exitCode === 127)
    return failed(
      'command_missing',
      `${name} could not be started: its start command was not found in the image (exit code ${seen.exitCode}).`,
      'Check the start command in the settings.',
      setting(rules, 'run.command'),
    );
  const how = seen.exitCode === null ? 'went away' : `ended with exit code ${seen.exitCode}`;
  if (seen.phase === 'exited' && seen.exits < exitLimit && rules.elapsedMs < rules.deadlineMs)
    return { kind: 'again', message: `${name} ${how} before it was ready: exit ${seen.exits} of ${exitLimit}` };
  return failed(
    'exited',
    `${name} ${how} before it was ready${seen.exits > 1 ? `, ${seen.exits} times` : ''}.`,
    'The last lines of its output say why; mend it and deploy again.',
    setting(rules, 'run.command'),
  );
}

function late(rules: ReadinessRules, seen: ReadinessObservation): ReadinessVerdict {
  const name = rules.componentName;
  const seconds = Math.round(rules.readiness.deadlineSeconds);
  if (seen.accepts !== false && seen.http && seen.http.rightInARow >= httpSuccesses)
    return failed(
      'health_check',
      `${name} did not stay healthy for ${rules.readiness.settleSeconds} s within ${seconds} s.`,
      'Allow more time, or shorten the settle time.',
      setting(rules, 'readiness.settleSeconds'),
    );
  if (seen.accepts !== false && seen.http) {
    const answer = seen.http.lastStatus === null ? 'did not answer in time' : `answered ${seen.http.lastStatus}`;
    return failed(
      'health_check',
      `${name} was not healthy within ${seconds} s: ${rules.readiness.http?.path ?? '/'} ${answer}, expected ${rules.readiness.http?.status ?? 200}.`,
      'Check the path and the expected status, or allow more time.',
      setting(rules, 'readiness.http.path'),
    );
  }
  const open = seen.listening ?? [];
  if (open.some((one) => one.port === rules.port && one.loopbackOnly))
    return failed(
      'loopback_only',
      `${name} listens on port ${rules.port}, but only on 127.0.0.1, where no request can reach it.`,
      'Make it listen on 0.0.0.0 (all addresses) and deploy again.',
      setting(rules, 'run.command'),
    );
  // It opened its port between the last look and this one.
  if (open.some((one) => one.port === rules.port))
    return failed(
      'boot_timeout',
      `${name} did not accept on ${rules.port} within ${seconds} s; it began to listen at that moment.`,
      'Allow more time, or make it start faster.',
      setting(rules, 'readiness.deadlineSeconds'),
    );
  const reachable = [...new Set(open.filter((one) => !one.loopbackOnly).map((one) => one.port))];
  const [first] = reachable;
  if (first !== undefined)
    return failed(
      'wrong_port',
      `${name} did not listen on ${rules.port}; it listens on ${reachable.join(', ')}.`,
      'Set the port to the one it uses, or make it read PORT from its environment.',
      {
        kind: 'setting',
        componentId: rules.componentId,
        path: 'run.port',
        suggestion: { label: `Use ${first}`, value: first },
      },
    );
  const inside = [...new Set(open.map((one) => one.port))];
  return failed(
    'boot_timeout',
    inside.length > 0
      ? `${name} did not listen on ${rules.port} within ${seconds} s; it listens on ${inside.join(', ')} on 127.0.0.1 only.`
      : `${name} did not listen on ${rules.port} within ${seconds} s; it listens on no port.`,
    'Make it listen on the port in PORT on all addresses, or allow more time.',
    inside.length > 0 ? setting(rules, 'run.port') : setting(rules, 'readiness.deadlineSeconds'),
  );
}

/** Wait, ready, or failed with the reason and the setting that mends it. */
export function readinessOf(rules: ReadinessRules, seen: ReadinessObservation): ReadinessVerdict {
  if (seen.phase === 'exited' || seen.phase === 'missing' || seen.phase === 'restarting' || seen.outOfMemory)
    return ended(rules, seen);
  if (seen.phase === 'running') {
    const isRight = seen.http && seen.http.rightInARow >= httpSuccesses && seen.http.rightForMs >= rules.settleMs;
    if (rules.readiness.http && isRight) return { kind: 'ready' };
    if (!rules.readiness.http && seen.accepts === true) return { kind: 'ready' };
    if (seen.accepts === null && seen.aliveMs >= rules.settleMs) return { kind: 'ready' };
  }
  if (rules.elapsedMs < rules.deadlineMs) return { kind: 'wait' };
  if (seen.accepts === null)
    return failed(
      'boot_timeout',
      `${rules.componentName} did not stay up for ${rules.readiness.settleSeconds} s within its time limit.`,
      'Allow more time, or shorten the settle time.',
      setting(rules, 'readiness.deadlineSeconds'),
    );
  return late(rules, seen);
}
