/** A program's way in: the typed tRPC client against the real dashboard, signed in like a person, without a browser. */
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client';
import superjson from 'superjson';
import { Agent, fetch as undiciFetch, type RequestInit as UndiciRequestInit } from 'undici';
import type { AppRouter, RouterOutputs } from '#server/api/root.ts';
import { dashboard, owner } from './environment.ts';

/** `*.localhost` is loopback for browsers and curl, but not for getaddrinfo. */
const toLoopback = new Agent({
  connect: {
    lookup: (_name, options, callback) =>
      options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4),
  },
  bodyTimeout: 0,
});

export class Program {
  readonly #cookies = new Map<string, string>();
  readonly api: TRPCClient<AppRouter>;

  constructor() {
    this.api = createTRPCClient<AppRouter>({
      links: [
        httpLink({
          url: `${dashboard}/api/trpc`,
          transformer: superjson,
          fetch: (url, init) =>
            this.fetch(url instanceof Request ? url.url : url.toString(), init as UndiciRequestInit),
        }),
      ],
    });
  }

  /** A request with the jar's cookies and our own origin. */
  async fetch(url: string, init: UndiciRequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers as Record<string, string>);
    headers.set('cookie', [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    headers.set('origin', dashboard);
    const response = await undiciFetch(url, {
      ...init,
      headers: Object.fromEntries(headers),
      dispatcher: toLoopback,
      redirect: 'manual',
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';');
      const [name = '', ...value] = pair.split('=');
      this.#cookies.set(name, value.join('='));
    }
    return response as unknown as Response;
  }

  async signIn(email: string = owner.email, password: string = owner.password): Promise<void> {
    const csrf = (await (await this.fetch(`${dashboard}/api/auth/csrf`)).json()) as { csrfToken: string };
    const body = new URLSearchParams({ csrfToken: csrf.csrfToken, email, password, json: 'true' });
    const response = await this.fetch(`${dashboard}/api/auth/callback/credentials`, {
      method: 'POST', body: body.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }); // prettier-ignore
    if (response.status !== 200) throw new Error(`sign-in answered ${response.status}`);
  }
}

export type ReleaseView = RouterOutputs['releases']['get'];
export interface Place {
  org: string;
  projectId: string;
  deploymentId: string;
}

/** Asks for a release and waits until it is over. @throws Error after `limitMs` with the state it hung in. */
export async function deploy(program: Program, place: Place, limitMs = 120_000): Promise<ReleaseView> {
  const { draftRevision } = await program.api.deployments.get.query({
    org: place.org, project: place.projectId, deployment: place.deploymentId,
  }); // prettier-ignore
  const { releaseId } = await program.api.releases.request.mutate({
    org: place.org,
    deploymentId: place.deploymentId,
    kind: 'deploy',
    draftRevision,
  });
  return waitForEnd(program, place.org, releaseId, limitMs);
}

export async function waitForEnd(
  program: Program,
  org: string,
  releaseId: string,
  limitMs = 120_000,
): Promise<ReleaseView> {
  const limit = Date.now() + limitMs;
  for (;;) {
    const release = await program.api.releases.get.query({ org, releaseId });
    if (release.outcome) return release;
    if (Date.now() > limit) throw new Error(`release ${release.number} is still ${release.state}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
