/** The sign-in routes: next-auth with options of our own per request, and 429 where the limits refused. */
import NextAuth from 'next-auth';
import { type AuthDependencies, type AuthOutcome, authOptions, type AuthRequest } from '#server/auth/options.ts';

export interface AuthRouteContext {
  params: Promise<{ nextauth: string[] }>;
}
type Handler = (
  request: Request,
  context: AuthRouteContext,
  options: ReturnType<typeof authOptions>,
) => Promise<Response>;
// next-auth types this overload for its pages router only; the route-handler form is documented and tested in e2e.
const nextAuth = NextAuth as unknown as Handler;

/** Serves one request below `/api/auth`. */
export async function serveAuth(
  request: Request,
  context: AuthRouteContext,
  deps: AuthDependencies,
  client: AuthRequest,
): Promise<Response> {
  const outcome: AuthOutcome = { tooMany: null };
  const response = await nextAuth(request, context, authOptions(deps, client, outcome));
  if (!outcome.tooMany) return response;
  return Response.json(
    { error: outcome.tooMany.message },
    { status: 429, headers: { 'retry-after': String(outcome.tooMany.retryAfterSeconds ?? 60) } },
  );
}
