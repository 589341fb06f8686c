/** BuildKit's progress, as the Engine API carries it (protobuf in JSON lines), into our steps and lines. */
import { StringDecoder } from 'node:string_decoder';
import protobuf from 'protobufjs';
import * as z from 'zod';
import type { BuildEvent } from '#server/build/types.ts';

const field = (type: string, id: number, rule?: 'repeated'): { type: string; id: number; rule?: 'repeated' } => ({
  type,
  id,
  ...(rule ? { rule } : {}),
});
/** The part of `moby.buildkit.v1.StatusResponse` that we read; it has been the same since BuildKit 0.3. */
const schema = protobuf.Root.fromJSON({
  nested: {
    Timestamp: { fields: { seconds: field('int64', 1), nanos: field('int32', 2) } },
    Vertex: {
      fields: {
        digest: field('string', 1),
        name: field('string', 3),
        cached: field('bool', 4),
        started: field('Timestamp', 5),
        completed: field('Timestamp', 6),
        error: field('string', 7),
      },
    },
    VertexLog: {
      fields: {
        vertex: field('string', 1),
        timestamp: field('Timestamp', 2),
        stream: field('int64', 3),
        msg: field('bytes', 4),
      },
    },
    StatusResponse: { fields: { vertexes: field('Vertex', 1, 'repeated'), logs: field('VertexLog', 3, 'repeated') } },
  },
});
const response = schema.lookupType('StatusResponse');

const timeSchema = z
  .object({ seconds: z.number(), nanos: z.number() })
  .transform(({ seconds, nanos }) => new Date(seconds * 1000 + nanos / 1e6).toISOString());
const statusSchema = z.object({
  vertexes: z.array(
    z.object({
      digest: z.string(),
      name: z.string(),
      cached: z.boolean(),
      started: timeSchema.nullish(),
      completed: timeSchema.nullish(),
      error: z.string(),
    }),
  ),
  logs: z.array(
    z.object({
      vertex: z.string(),
      timestamp: timeSchema.nullish(),
      stream: z.number(),
      msg: z.instanceof(Uint8Array),
    }),
  ),
});

/** Vertexes of the transport, not of the Dockerfile. */
const isInternal = (name: string): boolean =>
  name === '[internal] load remote build context' || name === 'copy /context /';
const longestLine = 16 * 1024;

interface Step {
  id: string;
  name: string;
  state: 'waiting' | 'running' | 'ended';
  startedAt: string;
}
interface OpenLine {
  stream: 'stdout' | 'stderr';
  decoder: StringDecoder;
  text: string;
  at: string;
}

/** The last state of a line that a program drew over with carriage returns. */
function shownText(line: string): string {
  const bare = line.endsWith('\r') ? line.slice(0, -1) : line;
  return bare.slice(bare.lastIndexOf('\r') + 1);
}

export interface FailedStep {
  name: string;
  /** BuildKit's sentence, for people. */
  error: string;
}

/**
 * Feeds on `aux` values in their order and calls `onEvent` for each step and each whole line. Each step that started
 * ends exactly once. Bytes of a character, and of a line, may be spread over messages.
 */
export class TraceReader {
  readonly #steps = new Map<string, Step>();
  readonly #open = new Map<string, OpenLine>();
  readonly #onEvent: (event: BuildEvent) => void;
  #failed: FailedStep | null = null;

  constructor(onEvent: (event: BuildEvent) => void) {
    this.#onEvent = onEvent;
  }

  /** The first step that failed by itself. */
  get failed(): FailedStep | null {
    return this.#failed;
  }

  /** @param aux the base64 text of one `moby.buildkit.trace` message */
  read(aux: string): void {
    const message = response.decode(Buffer.from(aux, 'base64'));
    const status = statusSchema.parse(response.toObject(message, { longs: Number, defaults: true, arrays: true }));
    const starting = status.vertexes.filter((vertex) => !vertex.completed);
    for (const vertex of starting) this.#vertex(vertex);
    for (const log of status.logs) this.#log(log.vertex, log.stream === 2 ? 'stderr' : 'stdout', log.msg, log.timestamp ?? null); // prettier-ignore
    for (const vertex of status.vertexes) if (vertex.completed) this.#vertex(vertex);
  }

  /** Ends what is still open: the build is over, whatever the reason. */
  end(at: string): void {
    for (const digest of this.#steps.keys()) this.#endStep(digest, 'failed', at);
    for (const key of this.#open.keys()) this.#flush(key);
  }

  #vertex(vertex: z.output<typeof statusSchema>['vertexes'][number]): void {
    const { digest, name, cached, started, completed, error } = vertex;
    if (isInternal(name)) return;
    const step = this.#steps.get(digest) ?? {
      id: `s${String(this.#steps.size + 1)}`,
      name,
      state: 'waiting',
      startedAt: '',
    };
    this.#steps.set(digest, step); // prettier-ignore
    const failsAgain = step.state === 'ended' && error !== '' && this.#failed === null;
    if (started && (step.state === 'waiting' || failsAgain)) {
      step.state = 'running';
      this.#onEvent({ kind: 'step', id: step.id, name, state: 'started', at: started });
    }
    if (!completed) return;
    if (error !== '' && !error.includes('context canceled')) this.#failed ??= { name, error };
    this.#endStep(digest, error === '' ? (cached ? 'cached' : 'done') : 'failed', completed);
  }

  #endStep(digest: string, state: 'cached' | 'done' | 'failed', at: string): void {
    const step = this.#steps.get(digest);
    if (step?.state !== 'running') return;
    for (const stream of ['stdout', 'stderr'] as const) this.#flush(`${stream} ${digest}`);
    step.state = 'ended';
    this.#onEvent({ kind: 'step', id: step.id, name: step.name, state, at });
  }

  #log(digest: string, stream: 'stdout' | 'stderr', bytes: Uint8Array, at: string | null): void {
    const key = `${stream} ${digest}`;
    const open = this.#open.get(key) ?? { stream, decoder: new StringDecoder('utf8'), text: '', at: '' };
    this.#open.set(key, open);
    open.at = at ?? open.at;
    const lines = (open.text + open.decoder.write(Buffer.from(bytes))).split('\n');
    open.text = lines.pop() ?? '';
    for (const text of lines) this.#line(open, text);
    while (open.text.length > longestLine) {
      this.#line(open, open.text.slice(0, longestLine));
      open.text = open.text.slice(longestLine);
    }
  }

  #line(open: OpenLine, text: string): void {
    for (let start = 0; start === 0 || start < text.length; start += longestLine)
      this.#onEvent({ kind: 'line', stream: open.stream, text: shownText(text.slice(start, start + longestLine)), at: open.at });
  } // prettier-ignore

  #flush(key: string): void {
    const open = this.#open.get(key);
    if (!open) return;
    const rest = open.text + open.decoder.end();
    this.#open.delete(key);
    if (rest !== '') this.#line(open, rest);
  }
}
