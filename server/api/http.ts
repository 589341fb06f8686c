/** The API over HTTP: tRPC's fetch adapter with limits on body, nesting and batch, and streams that end at shutdown. */
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { AppError } from '#server/errors.ts';
import type { ApiContext } from '#server/api/context.ts';
import { readLimitedBody } from '#server/api/limited-body.ts';
import { appRouter } from '#server/api/root.ts';

const refusals = {
  400: 'The body is nested too deeply.',
  413: 'The body is larger than 1 MiB.',
  415: 'The body must be application/json.',
};
export const maxBatch = 10;

/** Serves one request below `/api/trpc`. Never throws. */
export async function serveTrpc(
  request: Request,
  createContext: (headers: Headers) => Promise<ApiContext>,
): Promise<Response> {
  let checked = request;
  if (request.method === 'POST') {
    const body = await readLimitedBody(request);
    if (typeof body !== 'string') return new Response(refusals[body.refused], { status: body.refused });
    checked = new Request(request.url, {
      method: 'POST',
      headers: request.headers,
      body,
      signal: request.signal,
    });
  }
  const response = await fetchRequestHandler({
    endpoint: '/api/trpc',
    req: checked,
    router: appRouter,
    createContext: () => createContext(request.headers),
    maxBatchSize: maxBatch,
    responseMeta: ({ errors }) => {
      const cause = errors.find((error) => error.cause instanceof AppError)?.cause;
      const retryAfter = cause instanceof AppError ? cause.retryAfterSeconds : undefined;
      const headers: Record<string, string> = { 'cache-control': 'no-store' };
      if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter);
      return { headers };
    },
  });
  // A browser would reuse the kept-alive connection during shutdown, and the server would serve it for ever.
  if (response.headers.get('content-type')?.startsWith('text/event-stream'))
    response.headers.set('connection', 'close');
  return response;
}
