/**
 * The agent's second socket: sessions only, for the gateway. Each connection shows a pass that the worker signed, asks
 * for one shell or one port, and becomes it, or is sent to the session helper of the instance.
 */
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { AppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import type { ShellDriver } from '#server/runtime/shell-types.ts';
import { readFirstLine } from '#server/ssh/first-line.ts';
import type { PassDesk } from '#server/ssh/passes.ts';
import { type SessionAnswer, sessionQuestion } from '#server/ssh/shell-wire.ts';
import { listenForGateway } from '#server/ssh/gateway-folder.ts';

export interface SessionServer {
  /** Ends every session that goes through the agent. */
  close(): Promise<void>;
}
export interface SessionServerOptions {
  shells: ShellDriver;
  passes: PassDesk;
  log: Logger;
}
const mostConnections = 2000;

/** @param socketPath in the gateway's folder. */
export async function serveSessions(options: SessionServerOptions, socketPath: string): Promise<SessionServer> {
  const stop = new AbortController();
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    void answer(socket, options, stop.signal);
  });
  server.maxConnections = mostConnections;
  await listenForGateway(server, socketPath);
  return {
    close: () =>
      new Promise((resolve) => {
        stop.abort(new AppError('unavailable', 'The agent stops.'));
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

async function answer(socket: Socket, { shells, passes, log }: SessionServerOptions, stop: AbortSignal): Promise<void> {
  const say = (said: SessionAnswer): void => void socket.write(`${JSON.stringify(said)}\n`);
  const gone = new AbortController();
  socket.once('close', () => gone.abort());
  const signal = AbortSignal.any([stop, gone.signal]);
  try {
    const question = sessionQuestion.parse(JSON.parse(await readFirstLine(socket)));
    const use = question.kind === 'shell' ? ({ kind: 'shell' } as const) : ({ kind: 'dial', port: question.port } as const); // prettier-ignore
    const instanceId = passes.redeem(question.pass, use);
    if (instanceId === null) throw new AppError('forbidden', 'The pass for this session is not valid.');
    const invitation = await (question.kind === 'shell'
      ? shells.invite(instanceId, question.request, signal)
      : shells.inviteDial(instanceId, question.port, signal));
    if (invitation) {
      say({ kind: 'there', ...invitation });
      socket.end();
      return;
    }
    const here = (): Socket => {
      say({ kind: 'here' });
      return socket;
    };
    await (question.kind === 'shell'
      ? shells.serve(instanceId, question.request, here, signal)
      : shells.serveDial(instanceId, question.port, here, signal));
  } catch (error) {
    const { code, message } =
      error instanceof AppError ? error : new AppError('bad_input', 'The agent does not accept this.');
    if (code === 'internal' || code === 'unavailable') log.warn('session failed', { error });
    socket.end(`${JSON.stringify({ kind: 'refused', code, message } satisfies SessionAnswer)}\n`);
  }
}
