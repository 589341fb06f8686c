/** From a web request to the context of the API: who asks, and from where. */
import type { ApiContext } from '#server/api/context.ts';
import { webProcess } from '#server/api/services.ts';
import { readSession, sessionIdFromCookies } from '#server/auth/sessions.ts';

/** The edge removes what the client sent and sets its own; the last entry is the one it saw. */
export const clientAddress = (headers: Headers): string =>
  headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';

/** @throws AppError unavailable, or the error of a wrong configuration. */
export async function createContext(headers: Headers): Promise<ApiContext> {
  const { services, sessionSecret } = await webProcess();
  const sessionId = await sessionIdFromCookies(sessionSecret, headers.get('cookie') ?? '');
  return {
    services,
    person: sessionId ? await readSession(services.db, sessionId, services.clock.now()) : null,
    address: clientAddress(headers),
    userAgent: headers.get('user-agent') ?? '',
  };
}
