/** tRPC over a unix socket, the client's half: one connection per call, so that closing it cancels exactly that call. */
import { httpBatchStreamLink } from '@trpc/client';
import type { TRPCLink } from '@trpc/client';
import type { AnyRouter } from '@trpc/server';
import { Agent, fetch } from 'undici';
import type { RequestInit } from 'undici';

export function socketLink<Router extends AnyRouter>(socketPath: string): TRPCLink<Router> {
  // Streams are silent for hours and stops take their grace, so only the caller's signal sets a limit.
  const dispatcher = new Agent({
    connect: { socketPath },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 4000,
    connections: null,
  });
  return httpBatchStreamLink<AnyRouter>({
    url: 'http://agent/',
    maxItems: 1,
    methodOverride: 'POST',
    fetch: (input, init) => fetch(input instanceof Request ? input.url : input, requestOf(init, dispatcher)),
  });
}

type Init = Parameters<NonNullable<Parameters<typeof httpBatchStreamLink>[0]['fetch']>>[1];

/** What tRPC sends, in undici's own types: text only. */
function requestOf(init: Init, dispatcher: Agent): RequestInit {
  return {
    dispatcher,
    method: init?.method ?? 'POST',
    headers: { 'content-type': 'application/json', 'trpc-accept': 'application/jsonl' },
    body: typeof init?.body === 'string' ? init.body : null,
    signal: init?.signal ?? null,
  };
}
