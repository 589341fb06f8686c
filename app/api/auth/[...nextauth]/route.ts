import { clientAddress } from '#server/api/request.ts';
import { webProcess } from '#server/api/services.ts';
import { type AuthRouteContext, serveAuth } from '#server/auth/handler.ts';
import { setAuthOrigin } from '#server/config.ts';

async function handle(request: Request, context: AuthRouteContext): Promise<Response> {
  const { config, services, sessionSecret } = await webProcess();
  setAuthOrigin(config);
  return serveAuth(
    request,
    context,
    { db: services.db, clock: services.clock, log: services.log, secret: sessionSecret, settings: config },
    { address: clientAddress(request.headers), userAgent: request.headers.get('user-agent') ?? '' },
  );
}
export { handle as GET, handle as POST };
