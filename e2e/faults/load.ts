/** Steady traffic on one deployment through the edge: quick answers over kept and new connections, slow ones, open sockets. */
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RequestFact } from '#server/release/history.ts';

export interface LoadShape {
  /** Requests per second over kept connections, and over new ones. */
  kept: number;
  fresh: number;
  slow: number;
  sockets: number;
}
interface Answer {
  status: number;
  release: string;
  body: string;
}

export class Load {
  readonly facts: RequestFact[] = [];
  readonly #deploymentId: string;
  readonly #host: string;
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #stop = new AbortController();
  readonly #loops: Promise<void>[] = [];
  /** Sockets that the other side closed. */
  closed = 0;

  constructor(deploymentId: string, host: string, port: number) {
    this.#deploymentId = deploymentId;
    this.#host = host;
    this.#port = port;
  }

  start(shape: LoadShape, slowMs: number): this {
    const every = (count: number, work: () => Promise<void>): void => {
      if (count > 0) this.#loops.push(this.#paced(1000 / count, work));
    };
    every(shape.kept, () => this.#note('get', () => this.get('/', this.#agent)));
    every(shape.fresh, () => this.#note('get, new connection', () => this.get('/')));
    for (let index = 0; index < shape.slow; index += 1)
      this.#loops.push(this.#paced(50, () => this.#note('slow', () => this.get(`/slow?ms=${slowMs}`)), true));
    for (let index = 0; index < shape.sockets; index += 1) this.#loops.push(this.#socket());
    return this;
  }
  /** POSTs with bodies that the application counts, over kept and new connections in turn. */
  startPosts(perSecond: number): this {
    let turn = 0;
    const post = async (): Promise<Answer> => {
      turn += 1;
      const body = 'x'.repeat(turn % 20 === 0 ? 200_000 : 1000);
      const answer = await this.get('/', turn % 2 === 0 ? this.#agent : undefined, body);
      if (answer.status === 200 && !answer.body.includes(`"bytes":${String(body.length)}`)) throw new Error('part of the body is missing'); // prettier-ignore
      return answer;
    };
    this.#loops.push(this.#paced(1000 / perSecond, () => this.#note('post', post)));
    return this;
  }
  /** Lets what is in flight end. */
  async stop(): Promise<RequestFact[]> {
    this.#stop.abort();
    await Promise.all(this.#loops);
    this.#agent.destroy();
    return this.facts;
  }

  /** @param body makes it a POST */
  get(path: string, agent?: Agent, body?: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        { host: '127.0.0.1', port: this.#port, path, agent: agent ?? false, method: body === undefined ? 'GET' : 'POST', headers: { host: this.#host }, timeout: 40_000 },
        (response) => {
          let text = '';
          response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
          response.on('error', reject).on('end', () => {
            const release = response.headers['x-slipway-release'];
            resolve({ status: response.statusCode ?? 0, release: typeof release === 'string' ? release : '', body: text });
          });
        },
      ); // prettier-ignore
      sent.on('error', reject).on('timeout', () => sent.destroy(new Error('time-out')));
      sent.end(body);
    });
  }

  async #note(kind: string, ask: () => Promise<Answer>): Promise<void> {
    const fact: RequestFact = { deploymentId: this.#deploymentId, startedAt: Date.now(), endedAt: 0, kind, release: '', failure: null }; // prettier-ignore
    try {
      const { status, release } = await ask();
      fact.release = release;
      if (status !== 200) fact.failure = `status ${status}`;
    } catch (error) {
      fact.failure = error instanceof Error ? error.message : 'failed';
    }
    fact.endedAt = Date.now();
    this.facts.push(fact);
    if (fact.failure !== null) await sleep(100); // a dead edge must not fill the record
  }
  /** At its rate whatever the answers take, with a bound; or one after the other. */
  async #paced(ms: number, work: () => Promise<void>, inTurn = false): Promise<void> {
    const running = new Set<Promise<void>>();
    while (!this.#stop.signal.aborted) {
      const one = work().finally(() => running.delete(one));
      running.add(one);
      if (inTurn || running.size > 50) await one;
      await sleep(ms);
    }
    await Promise.all(running);
  }
  /** Open for as long as it may be; opened again when it ends. Its end is no failure: the drain limit says so. */
  async #socket(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const sent = httpRequest({ host: '127.0.0.1', port: this.#port, path: '/socket', agent: false, headers: { host: this.#host, connection: 'Upgrade', upgrade: 'websocket' } }); // prettier-ignore
      sent.on('upgrade', (_response, socket) => {
        const end = (): void => void socket.destroy();
        this.#stop.signal.addEventListener('abort', end);
        socket.on('error', () => undefined).on('close', () => {
          this.#stop.signal.removeEventListener('abort', end);
          if (!this.#stop.signal.aborted) this.closed += 1;
          resolve();
        }); // prettier-ignore
        socket.resume();
      });
      sent.on('response', (response) => void response.resume().on('end', resolve));
      sent.on('error', () => resolve());
      sent.end();
      await promise;
      if (!this.#stop.signal.aborted) await sleep(200);
    }
  }
}
