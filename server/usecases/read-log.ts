/** Pages of a log. */
import type { Tx } from '#server/db/client.ts';
import { consolesOfDeployment, releaseState, type StreamRow, streamsOfRelease } from '#server/db/log-streams.ts';
import { hasDeployment } from '#server/db/release-views.ts';
import { advance, firstOf, formatPositions, type MergedLine, mergeLines, parsePositions, type Positions, type StreamLines } from '#server/logs/merge.ts'; // prettier-ignore
import type { LogLineView, LogPage } from '#server/domain/views/releases.ts';
import { badInput, notFound } from '#server/errors.ts';
import { authorize, inOrg, type LogContext } from '#server/usecases/context.ts';

export type LogOf = { kind: 'release'; releaseId: string } | { kind: 'deployment'; deploymentId: string };

async function streams(tx: Tx, orgId: string, of: LogOf): Promise<StreamRow[]> {
  if (of.kind === 'release') {
    if ((await releaseState(tx, orgId, of.releaseId)) === null) throw notFound();
    return streamsOfRelease(tx, orgId, of.releaseId);
  }
  if (!(await hasDeployment(tx, orgId, of.deploymentId))) throw notFound();
  return consolesOfDeployment(tx, orgId, of.deploymentId);
}
/** The streams of a log of this organization. @throws AppError not_found */
export const findStreams = (ctx: LogContext, of: LogOf): Promise<StreamRow[]> =>
  inOrg(ctx, (tx) => streams(tx, ctx.actor.orgId, of));

export function positionsIn(field: string, text: string | null | undefined): Map<string, number> {
  const positions = parsePositions(text ?? '');
  if (!positions) throw badInput(field, 'Not a position.');
  return positions;
}

const readAll = (
  rows: readonly StreamRow[],
  read: (row: StreamRow) => Promise<StreamLines['lines']>,
): Promise<StreamLines[]> => Promise.all(rows.map(async (row) => ({ streamId: row.id, lines: await read(row) })));

/** The next lines after the positions, at most `limit`. */
export async function readForward(
  ctx: LogContext,
  rows: readonly StreamRow[],
  after: Positions,
  limit: number,
): Promise<MergedLine[]> {
  const { orgId } = ctx.actor;
  const found = await readAll(rows, (row) => ctx.logs.read(orgId, row.id, after.get(row.id) ?? 0, limit));
  return mergeLines(found).slice(0, limit);
}
async function readBackward(
  ctx: LogContext,
  rows: readonly StreamRow[],
  before: Positions,
  limit: number,
): Promise<MergedLine[]> {
  const { orgId } = ctx.actor;
  const found = await readAll(rows, async (row) => {
    const end = before.get(row.id);
    if (end === undefined || end <= 1) return [];
    const from = Math.max(0, end - 1 - limit);
    return (await ctx.logs.read(orgId, row.id, from, limit)).filter((line) => line.seq < end);
  });
  return mergeLines(found).slice(-limit);
}

/** Lines with what is known of their streams. */
export function lineViews(rows: readonly StreamRow[], lines: readonly MergedLine[]): LogLineView[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return lines.flatMap((line) => {
    const row = byId.get(line.streamId);
    if (!row) return [];
    const instance = row.kind === 'console' && row.component !== null && row.ordinal !== null ? `${row.component}-${String(row.ordinal + 1)}` : null; // prettier-ignore
    return [{ ...line, kind: row.kind, component: row.component, instance, instanceId: row.instanceId }];
  });
}

/** @throws AppError not_found, bad_input */
export async function readLogPage(
  ctx: LogContext,
  input: { of: LogOf; after?: string | undefined; before?: string | undefined; tail: boolean; limit: number },
): Promise<LogPage> {
  authorize(ctx, 'log.read');
  const after = positionsIn('after', input.after);
  const before = positionsIn('before', input.before);
  const rows = await findStreams(ctx, input.of);
  const { limit } = input;
  const page = (lines: MergedLine[], positions: { after: Positions; before: Positions }, hasMore: boolean): LogPage => {
    const first = firstOf(positions.before, lines);
    return {
      lines: lineViews(rows, lines),
      after: formatPositions(advance(positions.after, lines)),
      before: [...first.values()].some((seq) => seq > 1) ? formatPositions(first) : null,
      hasMore,
    };
  };
  if (input.before !== undefined) {
    const lines = await readBackward(ctx, rows, before, limit);
    return page(lines, { after: before, before }, lines.length === limit);
  }
  if (input.tail) {
    const { orgId } = ctx.actor;
    const all = mergeLines(await readAll(rows, (row) => ctx.logs.tail(orgId, row.id, limit)));
    // What is cut off at the front is behind the first line shown of its stream, or behind its own last line.
    const end = new Map([...advance(new Map(), all)].map(([id, seq]) => [id, seq + 1]));
    return page(all.slice(-limit), { after: advance(new Map(), all), before: end }, false);
  }
  const lines = await readForward(ctx, rows, after, limit + 1);
  const shown = lines.slice(0, limit);
  return page(shown, { after, before: after }, lines.length > limit);
}
