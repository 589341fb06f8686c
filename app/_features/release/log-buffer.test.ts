import { expect, test } from 'vitest';
import { LogBuffer } from '#app/_features/release/log-buffer.ts';
import type { LogLineView } from '#server/domain/views/releases.ts';

const line = (streamId: string, seq: number): LogLineView => ({
  streamId, seq, at: '2026-11-20T12:00:00.000Z', level: 'info', text: String(seq), kind: 'build', component: null, instance: null, instanceId: null,
}); // prettier-ignore

test('lines that come again after a reconnect are shown once', () => {
  const buffer = new LogBuffer();
  buffer.append([line('a', 1), line('b', 1), line('a', 2)]);
  buffer.append([line('a', 2), line('a', 3), line('b', 1)]);
  buffer.setPhase('live');
  expect(buffer.read().rows.map((row) => row.key)).toEqual(['a-1', 'b-1', 'a-2', 'a-3']);
});
test('a burst is told of once', async () => {
  const buffer = new LogBuffer(1);
  const told = new Promise<number>((resolve) => {
    let times = 0;
    buffer.subscribe(() => {
      times += 1;
      if (buffer.read().rows.length === 50) resolve(times);
    });
  });
  for (let seq = 1; seq <= 50; seq += 1) buffer.append([line('a', seq)]);
  expect(await told).toBe(1);
});
