/** The log of a release as a text file, streamed page by page. */
import * as z from 'zod';
import type { ApiContext } from '#server/api/context.ts';
import { id as idField } from '#server/api/inputs.ts';
import { findMembership } from '#server/db/accounts.ts';
import { parsePositions } from '#server/logs/merge.ts';
import { AppError, notFound } from '#server/errors.ts';
import type { UseCaseContext } from '#server/usecases/context.ts';
import { readLogPage } from '#server/usecases/read-log.ts';

const query = z.object({ org: z.string().max(40), id: idField });
const pageLines = 5000;
const statusOf: Partial<Record<AppError['code'], number>> = { unauthenticated: 401, forbidden: 403, not_found: 404 };

async function contextOf(api: ApiContext, org: string): Promise<UseCaseContext> {
  if (!api.person) throw new AppError('unauthenticated', 'Sign in to go on.');
  const membership = await findMembership(api.services.db, api.person.userId, org);
  if (!membership) throw notFound();
  return { ...api.services, actor: { ...api.person, ...membership } };
}

async function* lines(ctx: UseCaseContext, releaseId: string, first: Awaited<ReturnType<typeof readLogPage>>) {
  const of = { kind: 'release' as const, releaseId };
  for (let page = first; ;) {
    yield page.lines.map((line) => `${line.at} ${line.component ?? line.kind} ${line.text}\n`).join('');
    if (!page.hasMore || parsePositions(page.after)?.size === 0) return;
    page = await readLogPage(ctx, { of, after: page.after, tail: false, limit: pageLines });
  }
}

/** Never throws. Lines are text: the type says so, and browsers are told not to guess. */
export async function downloadReleaseLog(api: ApiContext, url: URL, id: string): Promise<Response> {
  try {
    const input = query.safeParse({ org: url.searchParams.get('org'), id });
    if (!input.success) throw notFound();
    const ctx = await contextOf(api, input.data.org);
    const of = { kind: 'release' as const, releaseId: input.data.id };
    const first = await readLogPage(ctx, { of, tail: false, limit: pageLines });
    const encoder = new TextEncoder();
    const source = lines(ctx, input.data.id, first);
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const next = await source.next();
        if (next.done) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      cancel: async () => {
        await source.return(undefined);
      },
    });
    return new Response(body, {
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'content-disposition': `attachment; filename="${input.data.id}.log"`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      },
    });
  } catch (error) {
    if (!(error instanceof AppError)) api.services.log.error('log download failed', { error });
    const status = error instanceof AppError ? (statusOf[error.code] ?? 400) : 500;
    const message = error instanceof AppError ? error.message : 'Something went wrong on our side.';
    return new Response(`${message}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
  }
}
