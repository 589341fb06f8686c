/** For tests: the API over a database of its own, with a world of two organizations and callers of every kind. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ApiContext } from '#server/api/context.ts';
import { serveTrpc } from '#server/api/http.ts';
import { systemClock } from '#server/clock.ts';
import { openNotices } from '#server/db/notify.ts';
import { createTestDatabase } from '#server/db/testing.ts';
import { createLogger } from '#server/log.ts';
import { createLogStore } from '#server/logs/store.ts';
import { FakeSource } from '#server/source/fake.ts';
import { templateSource } from '#server/templates/index.ts';
import type { Person, Services } from '#server/usecases/context.ts';

export interface TestApi {
  services: Services;
  sources: FakeSource;
  /** What was logged as warn or error. */
  logged: string[];
  context(person: Person | null, address?: string): ApiContext;
  /** One call over HTTP: the status, the exact body, and the parts of it that tests look at. */
  call(person: Person | null, procedure: string, input: unknown, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}
export interface CallOptions {
  type?: 'query' | 'mutation' | 'subscription';
  address?: string;
}
export interface Answer {
  status: number;
  body: string;
  headers: Headers;
  /** tRPC's code of the error, or null. */
  code: string | null;
  /** Field at fault, or null. */
  field: string | null;
  message: string | null;
  data: unknown;
}

/** Reads a stream until it said something that is not its opening. */
async function firstMessages(response: Response): Promise<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (reader && !/event: serialized-error\ndata: .*\n|^id: /m.test(text)) {
    const part = await reader.read();
    if (part.done) break;
    text += part.value;
  }
  await reader?.cancel();
  return text;
}

interface ErrorBody {
  json?: { message?: string; data?: { code?: string; field?: string | null } };
}
function parseAnswer(status: number, headers: Headers, body: string): Answer {
  const text = headers.get('content-type')?.startsWith('text/event-stream')
    ? (/event: serialized-error\ndata: (.*)/.exec(body)?.[1] ?? '{}')
    : body;
  let parsed: { error?: ErrorBody; result?: { data?: { json?: unknown } } } & ErrorBody = {};
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch {
    parsed = {};
  }
  const error = (parsed.error ?? parsed).json;
  const code = error?.data?.code ?? null;
  return {
    status,
    headers,
    body,
    code,
    field: error?.data?.field ?? null,
    message: code === null ? null : (error?.message ?? null),
    data: parsed.result?.data?.json ?? null,
  };
}

export async function openTestApi(adminUrl: string): Promise<TestApi> {
  const database = await createTestDatabase(adminUrl);
  const folder = mkdtempSync(path.join(tmpdir(), 'slipway-api-'));
  const notices = await openNotices(database.url);
  const logged: string[] = [];
  const log = createLogger({ process: 'test' }, (line) => {
    if (/"level":"(?:warn|error)"/.test(line)) logged.push(line);
  });
  const sources = new FakeSource();
  const services: Services = {
    db: database.db,
    clock: systemClock,
    log,
    keys: { variables: Buffer.alloc(32, 7), credentials: Buffer.alloc(32, 7) },
    sources,
    repositoryHost: sources,
    templateSource,
    logs: createLogStore(database.db, path.join(folder, 'logs'), log),
    notices,
    signInProviders: { GITHUB_URL: 'https://github.com', OIDC_NAME: 'Single sign-on' },
    publicUrl: 'https://slipway.example.test',
    workDir: path.join(folder, 'work'),
    privateGitHosts: new Set(),
    sshPort: 2222,
    keySites: { urls: { github: 'https://github.invalid', gitlab: 'https://gitlab.invalid' }, privateHosts: new Set() },
  };
  const context = (person: Person | null, address = '203.0.113.9'): ApiContext => ({ services, person, address, userAgent: 'test' }); // prettier-ignore
  return {
    services,
    sources,
    logged,
    context,
    call: async (person, procedure, input, options = {}) => {
      const url = new URL(`http://127.0.0.1/api/trpc/${procedure}`);
      const payload = JSON.stringify({ json: input });
      const isMutation = options.type === 'mutation';
      if (!isMutation) url.searchParams.set('input', payload);
      const headers = new Headers(isMutation ? { 'content-type': 'application/json' } : {});
      if (options.type === 'subscription') headers.set('accept', 'text/event-stream');
      const request = new Request(url, isMutation ? { method: 'POST', headers, body: payload } : { headers });
      const response = await serveTrpc(request, () => Promise.resolve(context(person, options.address)));
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      const body = isStream ? await firstMessages(response) : await response.text();
      return parseAnswer(response.status, response.headers, body);
    },
    close: async () => {
      await notices.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
