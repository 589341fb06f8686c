/**
 * Everything that happens in an organization, as it happens. Logs that grew are part of it, so that a browser needs this one
 * stream for all its tabs (six connections per host on HTTP/1.1) and reads the lines themselves page by page.
 */
import { eventsAfter, lastEventNumber } from '#server/db/events.ts';
import type { OrgEvent } from '#server/domain/views/events.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';
import { assertStillAllowed, createWaker, recheckMs, type StreamSignals } from '#server/usecases/live.ts';

const batch = 100;
/** Whoever is farther behind reads everything anew instead. */
const maxBehind = 1000;

/**
 * Yields `[number, event]` from `after` on, without a gap. `hello` comes first when there is no number to resume from, or
 * one too long ago: then everything shown may be old. `log` events have the number of the event before them; one with an
 * empty deployment means any log.
 */
export async function* followEvents(
  ctx: UseCaseContext,
  input: { after: number | null },
  signals: StreamSignals,
): AsyncGenerator<readonly [string, OrgEvent]> {
  authorize(ctx, 'deployment.read');
  signals.shutdown.throwIfAborted();
  const { orgId } = ctx.actor;
  const waker = createWaker();
  const grown = new Map<string, OrgEvent>();
  let isMeasured = false;
  const stops = [
    ctx.notices.onMetrics(orgId, () => {
      isMeasured = true;
      waker.wake();
    }),
    ctx.notices.onEvent(orgId, waker.wake),
    ctx.notices.onAnyLog(orgId, (notice) => {
      const { deployment: deploymentId = '', release: releaseId = null } = notice ?? {};
      grown.set(`${deploymentId}/${releaseId}`, { kind: 'log', deploymentId, releaseId });
      waker.wake();
    }),
  ];
  try {
    let checkedAt = ctx.clock.now().getTime();
    const last = await inOrg(ctx, (tx) => lastEventNumber(tx, orgId));
    let cursor = input.after ?? last;
    if (input.after === null || last - input.after > maxBehind) {
      cursor = last;
      yield [String(cursor), { kind: 'hello' }];
    }
    for (;;) {
      await waker.wait(recheckMs, signals);
      signals.shutdown.throwIfAborted();
      if (signals.request.aborted) return;
      if (ctx.clock.now().getTime() - checkedAt >= recheckMs) {
        await assertStillAllowed(ctx, 'deployment.read');
        checkedAt = ctx.clock.now().getTime();
      }
      const rows = await inOrg(ctx, (tx) => eventsAfter(tx, orgId, cursor, batch));
      if (rows.length === batch) waker.wake();
      for (const row of rows) {
        cursor = row.seq;
        yield [String(row.seq), row];
      }
      const logs = [...grown.values()];
      grown.clear();
      for (const log of logs) yield [String(cursor), log];
      if (isMeasured) {
        isMeasured = false;
        yield [String(cursor), { kind: 'metrics' }];
      }
    }
  } finally {
    for (const stop of stops) stop();
  }
}
