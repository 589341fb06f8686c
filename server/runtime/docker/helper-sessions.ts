/**
 * Sessions through the helper inside the instance (`server/runtime/helper/session.c`): the engine's exec starts it once,
 * as the instance's user and within its limits; after that the engine is out of the way of a session's bytes.
 */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { AppError } from '#server/errors.ts';
import type { Engine } from '#server/runtime/docker/engine.ts';
import { createExec } from '#server/runtime/docker/exec-shells.ts';
import type { Container } from '#server/runtime/docker/inspect.ts';
import { label } from '#server/runtime/docker/labels.ts';
import { helperMount } from '#server/runtime/docker/spec.ts';
import type { Invitation, ShellRequest } from '#server/runtime/shell-types.ts';

const startMs = 10_000;
const answerMs = 5000;

/** Fields of a request after its ticket, as the helper reads them. */
export function shellFields({ run, tty, env }: ShellRequest): string[] {
  const text = run.kind === 'command' ? run.text : '';
  const size = [tty?.cols ?? 80, tty?.rows ?? 24].map(String);
  return [run.kind, text, tty ? tty.term || 'xterm' : '', ...size, ...Object.entries(env).map(([key, value]) => `${key}=${value}`)]; // prettier-ignore
}
export const dialFields = (port: number): string[] => ['dial', String(port)];

export class HelperSessions {
  readonly #engine: Engine;
  readonly #helpers = new Map<string, Promise<Helper>>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Null when the instance has no helper, or its helper does not start: the engine's exec is there for it. */
  async invite(
    instanceId: string,
    container: Container,
    fields: readonly string[],
    signal: AbortSignal,
  ): Promise<Invitation | null> {
    const network = Object.values(container.NetworkSettings.Networks)[0];
    const host = container.Config.Labels[label.address];
    const hasHelper = container.Mounts.some((mount) => mount.Destination === helperMount);
    if (!hasHelper || host === undefined || !network?.Gateway) return null;
    // A helper lives as long as this run of its container.
    const life = `${container.Id} ${container.State.StartedAt}`;
    for (let attempt = 0; attempt < 2; attempt += 1) {
      try {
        const helper = await this.#helper(life, instanceId, [host, network.Gateway], signal);
        return { host, port: helper.port, ticket: await helper.expect(fields) };
      } catch (error) {
        this.#helpers.delete(life);
        if (signal.aborted) throw error;
      }
    }
    return null;
  }

  #helper(life: string, instanceId: string, addresses: string[], signal: AbortSignal): Promise<Helper> {
    const known = this.#helpers.get(life);
    if (known) return known;
    const starting = this.#start(life, instanceId, addresses, signal);
    this.#helpers.set(life, starting);
    return starting;
  }

  async #start(life: string, instanceId: string, addresses: string[], signal: AbortSignal): Promise<Helper> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(startMs)]);
    const body = { AttachStdin: true, AttachStdout: true, AttachStderr: false, Tty: false, Cmd: [`${helperMount}/bin/session`, ...addresses] }; // prettier-ignore
    const id = await createExec(this.#engine, instanceId, body, limit);
    const stream = await this.#engine.hijack(`/exec/${id}/start`, { Detach: false, Tty: false }, limit);
    if (!stream) throw new AppError('unavailable', 'The session helper did not start.');
    const helper = new Helper(stream, () => this.#helpers.delete(life));
    await helper.started();
    return helper;
  }
}

/** One helper as the agent talks with it: tickets in, lines out. */
class Helper {
  port = 0;
  readonly #stream: Duplex;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  #pending = Buffer.alloc(0);
  #text = '';

  constructor(stream: Duplex, onEnd: () => void) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.once('close', () => {
      onEnd();
      for (const { reject } of this.#waiting.splice(0))
        reject(new AppError('unavailable', 'The session helper ended.'));
    });
    stream.once('end', () => stream.destroy());
  }

  async started(): Promise<void> {
    const port = /^port (\d{1,5})$/.exec(await this.#line())?.[1];
    if (port === undefined) throw new AppError('unavailable', 'The session helper did not start.');
    this.port = Number(port);
  }

  /** The ticket, once the helper knows it. */
  async expect(fields: readonly string[]): Promise<string> {
    const ticket = randomBytes(16).toString('hex');
    const payload = Buffer.from([ticket, ...fields].map((field) => `${field}\0`).join(''));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(payload.length);
    const answer = this.#line();
    this.#stream.write(Buffer.concat([length, payload]));
    if ((await answer) !== 'ok') throw new AppError('unavailable', 'The session helper does not answer.');
    return ticket;
  }

  #line(): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#stream.destroy(), answerMs);
      const settle = (done: () => void): void => {
        clearTimeout(timer);
        done();
      };
      this.#waiting.push({
        resolve: (line) => settle(() => resolve(line)),
        reject: (error) => settle(() => reject(error)),
      });
      if (this.#stream.destroyed) this.#waiting.pop()?.reject(new AppError('unavailable', 'The session helper ended.'));
    });
  }

  /** The engine puts eight bytes before each part. */
  #onData(chunk: Buffer): void {
    let rest = Buffer.concat([this.#pending, chunk]);
    while (rest.length >= 8 && rest.length >= 8 + rest.readUInt32BE(4)) {
      const end = 8 + rest.readUInt32BE(4);
      this.#text += rest.subarray(8, end).toString('latin1');
      rest = rest.subarray(end);
    }
    this.#pending = rest;
    for (let cut = this.#text.indexOf('\n'); cut !== -1; cut = this.#text.indexOf('\n')) {
      this.#waiting.shift()?.resolve(this.#text.slice(0, cut));
      this.#text = this.#text.slice(cut + 1);
    }
  }
}
