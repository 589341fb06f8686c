/**
 * The parts of a GitHub server that a sign-in meets, as GitHub documents them ("Authorizing OAuth apps", REST "users" and
 * "emails"): a web flow with PKCE, errors of the token request as status 200, and addresses from their own resource only.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { github } from './environment.ts';

export interface GithubUser {
  id: number;
  login: string;
  name: string | null;
  emails: { email: string; primary: boolean; verified: boolean; visibility: 'public' | 'private' | null }[];
}
export interface GithubServer {
  /** Who is signed in at GitHub from now on. */
  user: GithubUser;
  close(): Promise<void>;
}
interface Grant {
  user: GithubUser;
  redirectUri: string;
  challenge: string;
}

/** GitHub takes the client's name and secret from the body, or from Basic. */
function isOurClient(request: IncomingMessage, form: URLSearchParams): boolean {
  const [scheme, value = ''] = (request.headers.authorization ?? '').split(' ');
  const [id, secret] =
    scheme === 'Basic'
      ? Buffer.from(value, 'base64').toString().split(':').map(decodeURIComponent)
      : [form.get('client_id'), form.get('client_secret')];
  return id === github.clientId && secret === github.clientSecret;
}

/** @param redirectUri the one callback address that the application registered. */
export async function startGithubServer(redirectUri: string): Promise<GithubServer> {
  const grants = new Map<string, Grant>();
  const tokens = new Map<string, GithubUser>();
  const state: { user: GithubUser } = { user: { id: 0, login: 'nobody', name: null, emails: [] } };

  const token = async (request: IncomingMessage): Promise<Record<string, string>> => {
    const form = new URLSearchParams(await text(request));
    const code = form.get('code') ?? '';
    const grant = grants.get(code);
    grants.delete(code);
    if (!isOurClient(request, form)) return { error: 'incorrect_client_credentials' };
    const proof = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url'); // prettier-ignore
    if (!grant || grant.redirectUri !== form.get('redirect_uri') || grant.challenge !== proof)
      return { error: 'bad_verification_code' };
    const value = `gho_${randomBytes(18).toString('hex')}`;
    tokens.set(value, grant.user);
    return { access_token: value, token_type: 'bearer', scope: 'read:user,user:email' };
  };
  const api = (request: IncomingMessage, response: ServerResponse, path: string): void => {
    const user = tokens.get((request.headers.authorization ?? '').replace(/^Bearer /u, ''));
    if (!request.headers['user-agent']) return send(response, 403, { message: 'Request forbidden: no User-Agent' });
    if (!user) return send(response, 401, { message: 'Bad credentials' });
    const { emails, ...profile } = user;
    // The profile's own address is the public one, verified or not: null for most people.
    if (path === '/user') return send(response, 200, { ...profile, email: null, type: 'User' });
    if (path === '/user/emails') return send(response, 200, emails);
    return send(response, 404, { message: 'Not Found' });
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', github.url);
    if (url.pathname.startsWith('/api/v3/')) return api(request, response, url.pathname.slice('/api/v3'.length));
    if (url.pathname === '/login/oauth/access_token' && request.method === 'POST')
      return send(response, 200, await token(request));
    if (url.pathname !== '/login/oauth/authorize') return send(response, 404, {});
    const query = url.searchParams;
    if (query.get('client_id') !== github.clientId || query.get('redirect_uri') !== redirectUri)
      return send(response, 404, {});
    const target = new URL(redirectUri);
    target.searchParams.set('state', query.get('state') ?? '');
    const code = randomBytes(10).toString('hex');
    grants.set(code, { user: state.user, redirectUri, challenge: query.get('code_challenge') ?? '' });
    target.searchParams.set('code', code);
    response.writeHead(302, { location: target.href }).end();
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(github.port, '127.0.0.1', resolve);
  });
  return Object.assign(state, {
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}
