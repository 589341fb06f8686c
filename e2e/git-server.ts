/** A Git server over http that wants a token, on loopback: git's own `http-backend` behind Node, with bare repositories in a folder of its own. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const gitToken = 'glpat-0123456789abcdef';
const backend = '/usr/lib/git-core/git-http-backend';

export interface GitServer {
  url(name: string): string;
  /** A new repository whose first commit holds the folder's files. */
  create(name: string, folder: string): void;
  /** A repository without a commit. */
  createEmpty(name: string): void;
  /** Commits files on top of `main`; the new commit. `null` deletes a file. */
  commit(name: string, files: Record<string, string | null>, message: string): string;
  close(): Promise<void>;
}

function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const expected = `Basic ${Buffer.from(`oauth2:${gitToken}`).toString('base64')}`;
  if (request.headers.authorization !== expected) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
    return;
  }
  const url = new URL(request.url ?? '/', 'http://git');
  const child = spawn(backend, [], {
    env: {
      NODE_ENV: 'production',
      GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: '1', PATH_INFO: decodeURIComponent(url.pathname), QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method ?? 'GET', CONTENT_TYPE: request.headers['content-type'] ?? '', REMOTE_USER: 'oauth2',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''), HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_CONFIG_COUNT: '2', GIT_CONFIG_KEY_0: 'uploadpack.allowReachableSHA1InWant', GIT_CONFIG_VALUE_0: 'true',
      GIT_CONFIG_KEY_1: 'safe.directory', GIT_CONFIG_VALUE_1: '*',
    }, // prettier-ignore
  });
  request.pipe(child.stdin);
  child.stdin.on('error', () => undefined);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const output = Buffer.concat(chunks);
    const end = output.indexOf('\r\n\r\n');
    const lines = output.subarray(0, end).toString('latin1').split('\r\n');
    const headers = lines.map((line) => line.split(/: ?/u, 2));
    const status = headers.find(([name]) => name === 'Status')?.[1] ?? '200';
    for (const [name, value] of headers) if (name && value && name !== 'Status') response.setHeader(name, value);
    response.writeHead(Number.parseInt(status, 10)).end(output.subarray(end + 4));
  });
}

export async function startGitServer(port: number): Promise<GitServer> {
  const root = mkdtempSync(path.join(tmpdir(), 'slipway-git-'));
  const git = (cwd: string, ...args: string[]): string =>
    execFileSync(
      'git',
      ['-c', 'user.name=Anna Berg', '-c', 'user.email=anna@example.test', '-c', 'init.defaultBranch=main', ...args],
      { cwd, encoding: 'utf8' },
    ).trim();
  const server: Server = createServer((request, response) => serve(root, request, response));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const work = (name: string): string => path.join(root, `work-${name}`);
  const publish = (name: string, message: string): string => {
    git(work(name), 'add', '-A');
    git(work(name), 'commit', '-q', '--allow-empty', '-m', message);
    git(work(name), 'push', '-q', path.join(root, `${name}.git`), 'HEAD:main');
    return git(work(name), 'rev-parse', 'HEAD');
  };
  return {
    url: (name) => `http://127.0.0.1:${port}/${name}.git`,
    createEmpty: (name) => void git(root, 'init', '-q', '--bare', `${name}.git`),
    create: (name, folder) => {
      git(root, 'init', '-q', '--bare', `${name}.git`);
      cpSync(folder, work(name), { recursive: true, filter: (file) => !file.includes('node_modules') });
      git(work(name), 'init', '-q');
      publish(name, 'Start');
    },
    commit: (name, files, message) => {
      for (const [file, text] of Object.entries(files)) {
        if (text === null) rmSync(path.join(work(name), file), { force: true });
        else writeFileSync(path.join(work(name), file), text);
      }
      return publish(name, message);
    },
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      rmSync(root, { recursive: true, force: true });
    },
  };
}
