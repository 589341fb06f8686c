/**
 * Mixed load against one host of the edge, on loopback: GET and POST with counted bodies over keep-alive and new
 * connections, 5 s answers, 20 s downloads and WebSockets. Every request is recorded; the checks read the record.
 */
import { Agent, request as httpRequest } from 'node:http';
import { WebSocket } from 'ws';
import * as z from 'zod';

export interface Target {
  host: string;
  port: number;
}
export interface Answer {
  kind: 'get' | 'post' | 'slow' | 'download' | 'socket';
  startedAt: number;
  endedAt: number;
  status: number;
  /** Code that answered, e.g. `v3`; empty when nothing did. */
  version: string;
  release: string;
  /** Set when the request failed; the reason. */
  failure: string | null;
  id: string | null;
}

interface Reply {
  status: number;
  body: string;
  headers: Record<string, string | string[] | undefined>;
}

/** One request; rejects when the connection breaks before the answer is whole. */
export function send(
  target: Target,
  options: { path: string; method?: string; body?: string; headers?: Record<string, string>; agent?: Agent },
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1', port: target.port, path: options.path, method: options.method ?? 'GET', agent: options.agent ?? false,
        headers: { host: `${target.host}:${target.port}`, ...options.headers, ...(options.body === undefined ? {} : { 'content-length': Buffer.byteLength(options.body) }) },
        timeout: 60_000,
      }, // prettier-ignore
      (response) => {
        let body = '';
        response.setEncoding('latin1').on('data', (text: string) => (body += text));
        response
          .on('error', reject)
          .on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
      },
    );
    request.on('error', reject).on('timeout', () => request.destroy(new Error('time-out')));
    request.end(options.body);
  });
}

const answerBody = z.object({ version: z.string(), release: z.string() });
const answeredBy = (reply: Reply): { version: string; release: string } => {
  const fallback = { version: String(reply.headers['x-version'] ?? ''), release: '' };
  if (!reply.body.startsWith('{')) return fallback;
  return answerBody.catch(fallback).parse(JSON.parse(reply.body));
};

export class Load {
  readonly answers: Answer[] = [];
  readonly #target: Target;
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[] = [];
  readonly #keepAlive = new Agent({ keepAlive: true, maxSockets: 64 });
  #posts = 0;

  constructor(target: Target) {
    this.#target = target;
  }

  /** Starts the mix; `scale` multiplies the number of clients of each kind, `only` leaves the others out. */
  start(scale = 1, only?: readonly Answer['kind'][]): void {
    const kinds: [Answer['kind'], number, boolean][] = [
      ['get', 4, true], ['get', 2, false], ['post', 3, true], ['post', 1, false], ['slow', 3, true], ['download', 2, false], ['socket', 3, false],
    ]; // prettier-ignore
    for (const [kind, clients, reuse] of kinds) {
      if (only && !only.includes(kind)) continue;
      for (let index = 0; index < clients * scale; index += 1) this.#loops.push(this.#run(kind, reuse));
    }
  }

  /** Lets every request in flight end, then resolves. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
    this.#keepAlive.destroy();
  }

  get failures(): Answer[] {
    return this.answers.filter((answer) => answer.failure !== null);
  }

  async #run(kind: Answer['kind'], reuse: boolean): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const startedAt = Date.now();
      const id = kind === 'post' ? `${process.pid}-${(this.#posts += 1)}` : null;
      const answer: Answer = { kind, startedAt, endedAt: 0, status: 0, version: '', release: '', failure: null, id };
      try {
        if (kind === 'socket') await this.#socket();
        else await this.#http(answer, reuse ? this.#keepAlive : undefined);
      } catch (error) {
        answer.failure = error instanceof Error ? error.message : 'failed';
      }
      answer.endedAt = Date.now();
      this.answers.push(answer);
      if (answer.failure)
        await new Promise((resolve) => setTimeout(resolve, 100)); // a dead edge must not fill the record
      else if (kind === 'get' || kind === 'post') await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #http(answer: Answer, agent: Agent | undefined): Promise<void> {
    const path = { get: '/', post: '/count', slow: '/slow', download: '/download', socket: '/' }[answer.kind];
    const body = answer.id === null ? undefined : 'x'.repeat(100 + (this.#posts % 5000));
    const reply = await send(this.#target, {
      path, method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { body }), ...(answer.id ? { headers: { 'x-id': answer.id } } : {}), ...(agent ? { agent } : {}),
    }); // prettier-ignore
    answer.status = reply.status;
    Object.assign(answer, answeredBy(reply));
    if (reply.status !== 200) answer.failure = `status ${reply.status}`;
    if (answer.kind === 'download' && reply.body.length !== 100 * 1024)
      answer.failure = `download cut at ${reply.body.length} bytes`;
    if (body !== undefined && !reply.body.includes(`"bytes":${body.length}`))
      answer.failure = 'the body was not received whole';
  }

  /** Opens, exchanges three messages, closes. A close by the server is no failure: the drain limit of a switch says so. */
  #socket(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${this.#target.port}/ws`, {
        headers: { host: `${this.#target.host}:${this.#target.port}` },
      });
      let left = 3;
      socket.on('open', () => socket.send('ping'));
      socket.on('message', () => {
        left -= 1;
        if (left === 0) socket.close(1000);
        else setTimeout(() => socket.send('ping'), 300);
      });
      socket.on('close', () => resolve());
      socket.on('error', reject);
    });
  }
}

/** Nobody sees the old code after the new one: for each pair of answers where one began after the other ended, versions never go back. */
export function backwardSteps(answers: readonly Answer[]): number {
  const order = (answer: Answer): number => Number(answer.version.slice(1));
  const byEnd = answers.filter((answer) => answer.version !== '').sort((a, b) => a.endedAt - b.endedAt);
  const byStart = [...byEnd].sort((a, b) => a.startedAt - b.startedAt);
  let [newest, next, steps] = [-1, 0, 0];
  for (const answer of byStart) {
    for (let ended = byEnd[next]; ended && ended.endedAt < answer.startedAt; ended = byEnd[next]) {
      newest = Math.max(newest, order(ended));
      next += 1;
    }
    if (order(answer) < newest) steps += 1;
  }
  return steps;
}
