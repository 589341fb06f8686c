/** The forms in which engine and kernel answer. */
import { describe, expect, it } from 'vitest';
import { parseMemory } from '#server/runtime/docker/capacity.ts';
import { splitLines } from '#server/runtime/docker/lines.ts';
import { consoleLines } from '#server/runtime/docker/logs.ts';
import { parseListening } from '#server/runtime/docker/probe.ts';
import { parseGroups } from '#server/runtime/docker/stats.ts';
import type { ConsoleLine } from '#server/runtime/types.ts';

const frame = (channel: 1 | 2, text: string): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt8(channel, 0);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
};
async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
const time = (last: number): string => `2026-11-20T16:00:00.00000000${last}Z`;

describe('consoleLines', () => {
  const bytes = Buffer.concat([
    frame(1, `${time(1)} grüße\n`),
    frame(2, `${time(2)} part one, `),
    frame(1, `${time(3)} between\r\n`),
    frame(2, `${time(4)} part two\n`),
    frame(1, `${time(5)} \n`),
  ]);
  const expected: ConsoleLine[] = [
    { at: time(1), stream: 'stdout', text: 'grüße' },
    { at: time(3), stream: 'stdout', text: 'between' },
    { at: time(4), stream: 'stderr', text: 'part one, part two' },
    { at: time(5), stream: 'stdout', text: '' },
  ];
  it.each([1, 3, 7, 1000])('joins frames and long lines, however the bytes are cut (%i)', async (size) => {
    expect(await collect(consoleLines(inPieces(bytes, size)))).toEqual(expected);
  });
});

describe('splitLines', () => {
  it.each([1, 2, 5])('keeps characters whole and the last line (%i)', async (size) => {
    expect(await collect(splitLines(inPieces(Buffer.from('aä\n\nbö\nc'), size)))).toEqual(['aä', 'bö', 'c']);
  });
});

describe('parseListening', () => {
  const line = (address: string, port: number, state = '0A'): string =>
    `   0: ${address}:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 ${state} 00000000:00000000`;
  it('tells loopback from everywhere, over both tables', () => {
    const table = [
      '  sl  local_address rem_address   st tx_queue',
      line('0100007F', 3000),
      line('00000000', 8080),
      line('0100007F', 9000),
      line('00000000000000000000000000000000', 9000), // also on ::, so it is reachable
      line('00000000000000000000000001000000', 7000), // ::1
      line('0000000000000000FFFF00000100007F', 7001), // ::ffff:127.0.0.1
      line('0B00007F', 40_000), // the engine's resolver
      line('00000000', 5000, '01'), // a connection
    ].join('\n');
    expect(parseListening(table)).toEqual([
      { port: 3000, loopbackOnly: true },
      { port: 7000, loopbackOnly: true },
      { port: 7001, loopbackOnly: true },
      { port: 8080, loopbackOnly: false },
      { port: 9000, loopbackOnly: false },
    ]);
  });
});

describe('parseGroups', () => {
  it('finds a controller of version 1 and the one group of version 2', () => {
    const groups = parseGroups('4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/system.slice/docker-abc.scope\n');
    expect(groups.get('memory')).toBe('/docker/abc');
    expect(groups.get('cpuacct')).toBe('/docker/abc');
    expect(groups.get('')).toBe('/system.slice/docker-abc.scope');
  });
});

describe('parseMemory', () => {
  it('counts what can be given out, in MiB', () => {
    const meminfo = 'MemTotal:       24683684 kB\nMemFree:          100000 kB\nMemAvailable:   20480000 kB\n';
    expect(parseMemory(meminfo)).toEqual({ memoryTotalMib: 24_105, memoryFreeMib: 20_000 });
  });
});
