/**
 * tRPC in server components: `await load(trpc.projects.list.queryOptions({ org }))` reads into the request's query client,
 * and `<HydrateQueries>` hands what was read to the browser.
 */
import 'server-only';
import { dehydrate, type FetchQueryOptions, HydrationBoundary, type QueryKey } from '@tanstack/react-query';
import { TRPCError } from '@trpc/server';
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { headers } from 'next/headers';
import { notFound, redirect } from 'next/navigation';
import { cache, type ReactNode } from 'react';
import { makeQueryClient } from '#app/_lib/query-client.ts';
import { createContext } from '#server/api/request.ts';
import { appRouter } from '#server/api/root.ts';

/** Once per request. */
export const getQueryClient = cache(makeQueryClient);
const context = cache(async () => createContext(await headers()));

export const trpc = createTRPCOptionsProxy({ router: appRouter, ctx: context, queryClient: getQueryClient });

/** True when the request has a live session. */
export const isSignedIn = async (): Promise<boolean> => (await context()).person !== null;

/** Sign-in that comes back to this page. */
async function signInPath(): Promise<string> {
  const path = (await headers()).get('x-path');
  return path && path !== '/' ? `/sign-in?next=${encodeURIComponent(path)}` : '/sign-in';
}

/** The query's data. Nobody signed in: to the sign-in page; no access or no such thing: the not-found page. */
export async function load<Data, Failure, Selected, Key extends QueryKey>(
  options: FetchQueryOptions<Data, Failure, Selected, Key>,
): Promise<Selected> {
  try {
    return await getQueryClient().fetchQuery({ ...options, retry: false });
  } catch (error) {
    if (error instanceof TRPCError && error.code === 'UNAUTHORIZED') redirect(await signInPath());
    if (error instanceof TRPCError && error.code === 'NOT_FOUND') notFound();
    throw error;
  }
}

/** The query client with everything that was read in this request. */
export const HydrateQueries = ({ children }: { children: ReactNode }): ReactNode => (
  <HydrationBoundary state={dehydrate(getQueryClient())}>{children}</HydrationBoundary>
);
