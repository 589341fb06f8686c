import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { TraceReader } from '#server/build/trace.ts';
import type { BuildEvent } from '#server/build/types.ts';

/** Written from BuildKit's own definition, so that a wrong field number in the reader shows. */
const response = protobuf.parse(`syntax = "proto3";
message Timestamp { int64 seconds = 1; int32 nanos = 2; }
message StatusResponse { repeated Vertex vertexes = 1; repeated VertexStatus statuses = 2; repeated VertexLog logs = 3; }
message Vertex { string digest = 1; repeated string inputs = 2; string name = 3; bool cached = 4; Timestamp started = 5; Timestamp completed = 6; string error = 7; }
message VertexStatus { string ID = 1; string vertex = 2; string name = 3; int64 current = 4; }
message VertexLog { string vertex = 1; Timestamp timestamp = 2; int64 stream = 3; bytes msg = 4; }
`).root.lookupType('StatusResponse'); // prettier-ignore

const at = (seconds: number): { seconds: number; nanos: number } => ({ seconds, nanos: 500_000_000 });
const iso = (seconds: number): string => new Date(seconds * 1000 + 500).toISOString();
const aux = (message: Record<string, unknown>): string =>
  Buffer.from(response.encode(response.fromObject(message)).finish()).toString('base64');
const log = (vertex: string, msg: string | Buffer, stream = 1): Record<string, unknown> => ({
  logs: [{ vertex, stream, timestamp: at(2), msg: Buffer.from(msg) }],
});
const started = { digest: 'd1', name: '[2/3] RUN npm ci', started: at(1) };

function read(...messages: Record<string, unknown>[]): { events: BuildEvent[]; reader: TraceReader } {
  const events: BuildEvent[] = [];
  const reader = new TraceReader((event) => events.push(event));
  for (const message of messages) reader.read(aux(message));
  return { events, reader };
}
const lines = (events: readonly BuildEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'line' ? [event.text] : []));
const states = (events: readonly BuildEvent[]): string[] =>
  events.flatMap((event) => (event.kind === 'step' ? [`${event.id} ${event.state}`] : []));

describe('the trace of a build', () => {
  it('starts and ends a step once, with the times of the engine, however often it is told', () => {
    const completed = { ...started, completed: at(3) };
    const { events } = read({ vertexes: [started] }, { vertexes: [started] }, { vertexes: [completed] }, { vertexes: [completed] }); // prettier-ignore
    expect(events).toEqual([
      { kind: 'step', id: 's1', name: started.name, state: 'started', at: iso(1) },
      { kind: 'step', id: 's1', name: started.name, state: 'done', at: iso(3) },
    ]);
  });

  it('tells cached steps and leaves out the transport', () => {
    const { events } = read({
      vertexes: [
        { digest: 'd0', name: '[internal] load remote build context', started: at(1), completed: at(1) },
        { ...started, cached: true, completed: at(1) },
      ],
    });
    expect(states(events)).toEqual(['s1 started', 's1 cached']);
  });

  it('keeps the first step that failed by itself, not the ones that were cancelled because of it', () => {
    const { events, reader } = read({ vertexes: [started, { ...started, digest: 'd2', name: 'other' }] }, {
      vertexes: [
        { ...started, digest: 'd2', name: 'other', completed: at(2), error: 'context canceled' },
        { ...started, completed: at(2), error: 'exit code: 1' },
      ],
    }); // prettier-ignore
    expect(states(events)).toEqual(['s1 started', 's2 started', 's2 failed', 's1 failed']);
    expect(reader.failed).toEqual({ name: started.name, error: 'exit code: 1' });
  });

  it('joins lines and characters that are spread over messages, per step and stream', () => {
    const bytes = Buffer.from('zażółć\nnext');
    const { events } = read(
      { vertexes: [started] },
      log('d1', bytes.subarray(0, 3)),
      log('d1', 'an error\n', 2),
      log('d1', bytes.subarray(3)),
      { vertexes: [{ ...started, completed: at(3) }] },
    );
    expect(lines(events)).toEqual(['an error', 'zażółć', 'next']);
    expect(states(events).at(-1)).toBe('s1 done');
  });

  it('shows what remained of a line that was drawn over, and keeps empty lines', () => {
    const { events } = read({ vertexes: [started] }, log('d1', '10 %\r50 %\rdone\r\n\nend\n'));
    expect(lines(events)).toEqual(['done', '', 'end']);
  });

  it('cuts a line without end into pieces and loses nothing', () => {
    const { events, reader } = read({ vertexes: [started] }, log('d1', 'x'.repeat(40_000)));
    reader.end(iso(9));
    expect(lines(events).join('')).toBe('x'.repeat(40_000));
    expect(Math.max(...lines(events).map((line) => line.length))).toBe(16_384);
  });

  it('ends what is open when the build is over', () => {
    const { events, reader } = read({ vertexes: [started] }, log('d1', 'last words'));
    reader.end(iso(9));
    reader.end(iso(9));
    expect(lines(events)).toEqual(['last words']);
    expect(states(events)).toEqual(['s1 started', 's1 failed']);
  });
});
