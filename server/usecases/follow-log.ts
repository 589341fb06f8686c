/** Lines of a log as they come. */
import { releaseState } from '#server/db/log-streams.ts';
import { isFinal } from '#server/domain/release-machine.ts';
import type { LogMessage } from '#server/domain/views/releases.ts';
import { advance, formatPositions } from '#server/logs/merge.ts';
import { authorize, inOrg, type LogContext } from '#server/usecases/context.ts';
import { assertStillAllowed, createWaker, recheckMs, type StreamSignals } from '#server/usecases/live.ts';
import { findStreams, lineViews, type LogOf, positionsIn, readForward } from '#server/usecases/read-log.ts';

const batch = 500;
/** A stream that opened without an event is found after this long. */
const pollMs = 2000;

/**
 * Yields `[position, lines]` after the position, each line once; the first answer comes at once and may be empty. Ends with `end` when the release is over and a further
 * look found nothing more.
 */
export async function* followLog(
  ctx: LogContext,
  input: { of: LogOf; lastEventId?: string | null | undefined },
  signals: StreamSignals,
): AsyncGenerator<readonly [string, LogMessage]> {
  authorize(ctx, 'log.read');
  signals.shutdown.throwIfAborted();
  const { orgId } = ctx.actor;
  let positions = positionsIn('lastEventId', input.lastEventId);
  const waker = createWaker();
  const stops = new Map([['', ctx.notices.onEvent(orgId, waker.wake)]]);
  let checkedAt = ctx.clock.now().getTime();
  let quietLooks = 0;
  let isFirst = true;
  try {
    for (;;) {
      await waker.wait(pollMs, signals);
      signals.shutdown.throwIfAborted();
      if (signals.request.aborted) return;
      if (ctx.clock.now().getTime() - checkedAt >= recheckMs) {
        await assertStillAllowed(ctx, 'log.read');
        checkedAt = ctx.clock.now().getTime();
      }
      const isOver = await isLogOver(ctx, input.of); // before reading: what was written until then is read below
      const rows = await findStreams(ctx, input.of);
      for (const row of rows) if (!stops.has(row.id)) stops.set(row.id, ctx.notices.onLog(row.id, waker.wake));
      const lines = await readForward(ctx, rows, positions, batch);
      positions = advance(positions, lines);
      if (lines.length > 0 || isFirst)
        yield [formatPositions(positions), { kind: 'lines', lines: lineViews(rows, lines) }];
      isFirst = false;
      if (lines.length === batch) waker.wake();
      quietLooks = isOver && lines.length === 0 ? quietLooks + 1 : 0;
      if (quietLooks >= 2) {
        yield [formatPositions(positions), { kind: 'end' }];
        return;
      }
    }
  } finally {
    for (const stop of stops.values()) stop();
  }
}

async function isLogOver(ctx: LogContext, of: LogOf): Promise<boolean> {
  if (of.kind !== 'release') return false;
  const state = await inOrg(ctx, (tx) => releaseState(tx, ctx.actor.orgId, of.releaseId));
  return state !== null && isFinal(state);
}
