/** Parts of live streams: being woken, being stopped, and losing the right to listen. */
import { findLiveSession } from '#server/db/accounts.ts';
import { findKeyById } from '#server/db/system/ssh.ts';
import { findMemberRole } from '#server/db/members.ts';
import { type Action, can } from '#server/domain/permissions.ts';
import { AppError } from '#server/errors.ts';
import { inOrg, type UseCaseContext } from '#server/usecases/context.ts';

export interface StreamSignals {
  /** The reader went away: the stream just ends. */
  request: AbortSignal;
  /** The process stops: the stream breaks, so that the reader comes back. */
  shutdown: AbortSignal;
}

/** How often rights are read again: streams of somebody who lost them end within 10 s. */
export const recheckMs = 5000;

export interface Waker {
  wake: () => void;
  /** Resolves when woken (also if that was before), after `ms`, or when a signal fires. */
  wait(ms: number, signals: StreamSignals): Promise<void>;
}
export function createWaker(): Waker {
  let isAwake = true;
  let resume: () => void = () => undefined;
  const wake = (): void => {
    isAwake = true;
    resume();
  };
  return {
    wake,
    wait: async (ms, signals) => {
      if (!isAwake && !signals.request.aborted && !signals.shutdown.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          resume = () => {
            clearTimeout(timer);
            resolve();
          };
          const options = { once: true } as const;
          signals.request.addEventListener('abort', wake, options);
          signals.shutdown.addEventListener('abort', wake, options);
        });
        signals.request.removeEventListener('abort', wake);
        signals.shutdown.removeEventListener('abort', wake);
      }
      isAwake = false;
    },
  };
}

/** Somebody is signed in by a browser's session, or by an SSH key. */
const isSignedIn = async ({ db, actor, clock }: Pick<UseCaseContext, 'actor' | 'db' | 'clock'>): Promise<boolean> =>
  actor.sessionId.startsWith('key_')
    ? (await findKeyById(db, actor.sessionId)) !== null
    : (await findLiveSession(db, actor.sessionId, clock.now())) !== null;

/** @throws AppError unauthenticated when the session ended; not_found or forbidden when the membership or its right did. */
export async function assertStillAllowed(
  ctx: Pick<UseCaseContext, 'actor' | 'db' | 'clock'>,
  action: Action,
): Promise<void> {
  const { actor } = ctx;
  if (!(await isSignedIn(ctx))) throw new AppError('unauthenticated', 'The session ended. Sign in again.');
  const role = await inOrg(ctx, (tx) => findMemberRole(tx, actor.orgId, actor.userId));
  if (!role || !can({ ...actor, role }, action, { orgId: actor.orgId }))
    throw new AppError('forbidden', 'You have no access to this any more.');
}
