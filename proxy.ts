/**
 * In front of every page and route: changing requests only below `/api/` and only from our own origin, and the
 * Content-Security-Policy with a fresh nonce. No access is decided here; that is the use cases' work.
 */
import { randomBytes } from 'node:crypto';
import { type NextRequest, NextResponse } from 'next/server';
import { publicOrigin } from '#server/api/origin.ts';
import { isDevelopment } from '#server/config.ts';

const policy = (nonce: string, isDevelopment: boolean): string =>
  [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ''}`,
    isDevelopment ? "style-src 'self' 'unsafe-inline'" : `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "font-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');

export function proxy(request: NextRequest): NextResponse {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    if (!request.nextUrl.pathname.startsWith('/api/'))
      return new NextResponse(null, { status: 405, headers: { allow: 'GET, HEAD' } });
    if (request.headers.get('origin') !== publicOrigin())
      return new NextResponse('This request did not come from the dashboard.', { status: 403 });
  }
  const nonce = randomBytes(16).toString('base64');
  const contentSecurityPolicy = policy(nonce, isDevelopment);
  const headers = new Headers(request.headers);
  headers.set('x-nonce', nonce);
  // Where to come back to after signing in; a client's own is overwritten.
  headers.set('x-path', `${request.nextUrl.pathname}${request.nextUrl.search}`);
  headers.set('content-security-policy', contentSecurityPolicy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('content-security-policy', contentSecurityPolicy);
  return response;
}

export const config = { matcher: [{ source: '/((?!_next/static|_next/image).*)' }] };
