/** Serves git to the gateway: a socket in its folder, one program of git per connection, and after a push the release's log. */
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { AppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import { branchesOf, pushScratch, serveGit } from '#server/source/git-serve.ts';
import { readFirstLine } from '#server/ssh/first-line.ts';
import { encodeExit, encodeFrame, frame, FrameReader } from '#server/ssh/frames.ts';
import { listenForGateway } from '#server/ssh/gateway-folder.ts';
import { gitQuestion } from '#server/ssh/git-wire.ts';
import { explainPush, PushReader } from '#server/ssh/push-commands.ts';
import type { SessionAnswer } from '#server/ssh/shell-wire.ts';
import { followLog } from '#server/usecases/follow-log.ts';
import { deployPush, type GitAccess, type GitContext, openRepository, type PushedRelease } from '#server/usecases/ssh-git.ts'; // prettier-ignore

export interface GitDeskOptions {
  ctx: GitContext;
  stateDir: string;
  log: Logger;
  socketPath: string;
}
const mostConnections = 200;

export async function serveGitDesk(options: GitDeskOptions): Promise<{ close(): Promise<void> }> {
  const stop = new AbortController();
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    void answer(socket, options, stop.signal);
  });
  server.maxConnections = mostConnections;
  await listenForGateway(server, options.socketPath);
  return {
    close: () =>
      new Promise((resolve) => {
        stop.abort(new AppError('unavailable', 'The worker stops.'));
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

async function answer(socket: Socket, options: GitDeskOptions, stop: AbortSignal): Promise<void> {
  const { ctx, stateDir, log } = options;
  const reply = (said: SessionAnswer): void => void socket.write(`${JSON.stringify(said)}\n`);
  const say = (line: string): void => void socket.write(encodeFrame(frame.errorOutput, Buffer.from(`${line}\n`)));
  try {
    const question = gitQuestion.parse(JSON.parse(await readFirstLine(socket)));
    const access = await openRepository(ctx, question);
    const scratch = pushScratch(stateDir, question.connectionId);
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    try {
      const { repositoryId } = access.repository;
      const before = await branchesOf(stateDir, repositoryId, scratch);
      reply({ kind: 'here' });
      const reader = new PushReader();
      const code = await run(socket, { stateDir, repositoryId, service: question.service, version: question.version, scratch }, reader); // prettier-ignore
      if (question.service === 'git-receive-pack') {
        for (const line of explainPush(reader)) say(line);
        const after = await branchesOf(stateDir, repositoryId, scratch);
        await deploy(ctx, access, changed(before, after), say, socket, stop);
      }
      socket.end(encodeFrame(frame.exit, encodeExit({ code, signal: null })));
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  } catch (error) {
    const { code, message } = error instanceof AppError ? error : new AppError('bad_input', 'The worker does not accept this.'); // prettier-ignore
    if (code === 'internal' || code === 'unavailable') log.warn('git failed', { error });
    reply({ kind: 'refused', code, message });
    socket.end();
  }
}

const changed = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] =>
  [...after].filter(([name, commit]) => before.get(name) !== commit).map(([name]) => name);

/** One program of git on the connection; its exit code. A client that goes ends it. */
async function run(socket: Socket, serve: Parameters<typeof serveGit>[0], seen: PushReader): Promise<number> {
  const program = await serveGit(serve);
  const frames = new FrameReader((kind, payload) => {
    if (kind === frame.input && payload.length > 0) {
      seen.push(payload);
      if (!program.stdin.write(payload)) socket.pause();
    } else if (kind === frame.endOfInput) program.stdin.end();
    else if (kind === frame.signal) program.kill();
  });
  const onData = (chunk: Buffer): void => frames.push(chunk);
  const onGone = (): void => program.kill();
  socket.on('data', onData);
  socket.once('close', onGone);
  program.stdin.on('drain', () => socket.resume());
  for (const [stream, kind] of [[program.stdout, frame.output], [program.stderr, frame.errorOutput]] as const)
    stream.on('data', (chunk: Buffer) => {
      if (socket.destroyed) return;
      if (socket.write(encodeFrame(kind, chunk))) return;
      stream.pause();
      socket.once('drain', () => stream.resume());
    }); // prettier-ignore
  socket.resume();
  const { exitCode } = await program.ended;
  socket.off('close', onGone);
  return exitCode ?? 128;
}

async function deploy(
  ctx: GitContext,
  access: GitAccess,
  branches: readonly string[],
  say: (line: string) => void,
  socket: Socket,
  stop: AbortSignal,
): Promise<void> {
  const started: PushedRelease[] = [];
  for (const branch of branches) started.push(...(await deployPush(ctx, access, branch, say)));
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  for (const release of started) {
    if (started.length > 1) say(`— ${release.deployment}`);
    const of = { kind: 'release', releaseId: release.releaseId } as const;
    const follow = followLog({ ...ctx, actor: access.actor }, { of }, { request: gone.signal, shutdown: stop });
    for await (const [, message] of follow)
      if (message.kind === 'lines') for (const line of message.lines) say(`  ${line.text}`);
    say(`The release goes on, or ended, at ${release.url}`);
  }
}
