/**
 * An OpenID Connect issuer for tests: discovery, authorization code with PKCE, client authentication, an RS256 key and
 * userinfo. It is as strict as the standard: codes work once, for their client, address and verifier, and the claims of
 * the e-mail scope are in userinfo only (OpenID Connect Core 5.4).
 */
import { createHash, generateKeyPairSync, randomBytes, sign, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { issuer } from './environment.ts';

export interface IssuerUser {
  subject: string;
  name: string;
  /** Left out of the claims when undefined, as some issuers do. */
  email?: string;
  emailVerified?: boolean;
}
export interface OidcServer {
  /** Who is signed in at the issuer from now on. */
  user: IssuerUser;
  /** Changes the next ID token's claims, to forge one. */
  forge: ((claims: Record<string, unknown>) => Record<string, unknown>) | null;
  /** Each refusal of a token request, in its own words. */
  readonly refusals: string[];
  close(): Promise<void>;
}
interface Grant {
  user: IssuerUser;
  redirectUri: string;
  challenge: string;
  nonce: string | null;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const formDecode = (value: string): string => decodeURIComponent(value.replaceAll('+', ' '));
const isSame = (left: string, right: string): boolean => {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(left), digest(right));
};
const escapeHtml = (value: string): string =>
  value.replaceAll(/[&<>"']/gu, (character) => `&#${String(character.codePointAt(0) ?? 0)};`);

/** RFC 6749 2.3.1: both parts are form-encoded before they are joined. */
function isOurClient(request: IncomingMessage): boolean {
  const [scheme, value = ''] = (request.headers.authorization ?? '').split(' ');
  const [id = '', secret = ''] = Buffer.from(value, 'base64').toString().split(':').map(formDecode);
  return scheme === 'Basic' && isSame(id, issuer.clientId) && isSame(secret, issuer.clientSecret);
}
/** What is wrong with the token request, or null. */
function refusalOf(request: IncomingMessage, form: URLSearchParams, grant: Grant | undefined): string | null {
  if (!isOurClient(request)) return 'invalid_client';
  if (form.get('grant_type') !== 'authorization_code') return 'unsupported_grant_type';
  if (!grant || form.get('redirect_uri') !== grant.redirectUri) return 'invalid_grant';
  const verifier = form.get('code_verifier') ?? '';
  return createHash('sha256').update(verifier).digest('base64url') === grant.challenge ? null : 'invalid_grant';
}

class Issuer implements OidcServer {
  user: IssuerUser = { subject: 'nobody', name: 'Nobody' };
  forge: OidcServer['forge'] = null;
  readonly refusals: string[] = [];
  readonly #grants = new Map<string, Grant>();
  readonly #tokens = new Map<string, IssuerUser>();
  readonly #key = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  readonly #redirectUri: string;

  constructor(redirectUri: string) {
    this.#redirectUri = redirectUri;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(issuer.port, '127.0.0.1', resolve);
    });
  }
  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', issuer.url);
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(body));
    };
    switch (`${request.method ?? ''} ${url.pathname}`) {
      case 'GET /.well-known/openid-configuration':
        return json(200, this.#discovery());
      case 'GET /jwks':
        return json(200, { keys: [{ ...this.#key.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }] }); // prettier-ignore
      case 'GET /authorize':
        return this.#askUser(url.searchParams, response);
      case 'POST /authorize':
        return this.#grant(url.searchParams, await text(request), response);
      case 'POST /token': {
        const form = new URLSearchParams(await text(request));
        const code = form.get('code') ?? '';
        const grant = this.#grants.get(code);
        this.#grants.delete(code); // once, also when it was refused
        const refusal = refusalOf(request, form, grant);
        if (refusal === null && grant) return json(200, this.#tokensFor(grant));
        this.refusals.push(refusal ?? 'invalid_grant');
        return json(refusal === 'invalid_client' ? 401 : 400, { error: refusal });
      }
      case 'GET /userinfo': {
        const user = this.#tokens.get((request.headers.authorization ?? '').replace(/^Bearer /u, ''));
        return user ? json(200, userinfo(user)) : json(401, { error: 'invalid_token' });
      }
      default:
        return json(404, { error: 'not_found' });
    }
  }

  #discovery(): Record<string, unknown> {
    return {
      issuer: issuer.url,
      authorization_endpoint: `${issuer.url}/authorize`,
      token_endpoint: `${issuer.url}/token`,
      userinfo_endpoint: `${issuer.url}/userinfo`,
      jwks_uri: `${issuer.url}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid', 'email', 'profile'],
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
      code_challenge_methods_supported: ['S256'],
    };
  }

  /** The issuer's own page: who is signed in there, and one button. */
  #askUser(query: URLSearchParams, response: ServerResponse): void {
    const isValid =
      query.get('client_id') === issuer.clientId &&
      query.get('redirect_uri') === this.#redirectUri &&
      query.get('response_type') === 'code' &&
      query.get('code_challenge_method') === 'S256' &&
      (query.get('code_challenge') ?? '').length === 43 &&
      (query.get('scope') ?? '').split(' ').includes('openid');
    response.writeHead(isValid ? 200 : 400, { 'content-type': 'text/html; charset=utf-8' });
    const form = `<form method="post" action="/authorize?${escapeHtml(query.toString())}"><p>Signed in as ${escapeHtml(this.user.name)}</p><button name="answer" value="allow">Allow</button><button name="answer" value="deny">Deny</button></form>`;
    response.end(
      `<!doctype html><title>${issuer.name}</title><h1>${issuer.name}</h1>${isValid ? form : 'Bad request'}`,
    );
  }

  #grant(query: URLSearchParams, body: string, response: ServerResponse): void {
    const target = new URL(this.#redirectUri);
    if (new URLSearchParams(body).get('answer') === 'allow') {
      const code = randomBytes(24).toString('base64url');
      this.#grants.set(code, {
        user: this.user,
        redirectUri: query.get('redirect_uri') ?? '',
        challenge: query.get('code_challenge') ?? '',
        nonce: query.get('nonce'),
      });
      target.searchParams.set('code', code);
    } else target.searchParams.set('error', 'access_denied');
    target.searchParams.set('state', query.get('state') ?? '');
    response.writeHead(303, { location: target.href }).end();
  }

  #tokensFor({ user, nonce }: Grant): Record<string, unknown> {
    const accessToken = randomBytes(24).toString('base64url');
    this.#tokens.set(accessToken, user);
    const seconds = Math.floor(Date.now() / 1000);
    const claims: Record<string, unknown> = {
      iss: issuer.url, sub: user.subject, aud: issuer.clientId, iat: seconds, exp: seconds + 300, nonce,
    }; // prettier-ignore
    const content = `${encode({ alg: 'RS256', kid: 'one', typ: 'JWT' })}.${encode(this.forge?.(claims) ?? claims)}`;
    const signature = sign('RSA-SHA256', Buffer.from(content), this.#key.privateKey).toString('base64url');
    return { access_token: accessToken, token_type: 'Bearer', expires_in: 300, id_token: `${content}.${signature}` };
  }
}

const userinfo = (user: IssuerUser): Record<string, unknown> => ({
  sub: user.subject,
  name: user.name,
  ...(user.email === undefined ? {} : { email: user.email }),
  ...(user.emailVerified === undefined ? {} : { email_verified: user.emailVerified }),
});

/** Listens on the port that the installation was told. @param redirectUri the only address that codes are sent to. */
export async function startOidcServer(redirectUri: string): Promise<OidcServer> {
  const server = new Issuer(redirectUri);
  await server.listen();
  return server;
}
