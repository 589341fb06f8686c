import { expect, test } from 'vitest';
import { createMemory } from '#server/edge/haproxy/memory.ts';

test('what is set while the disk is read wins over what the disk said', async () => {
  const { promise, resolve } = Promise.withResolvers<{ from: string }>();
  const memory = createMemory(() => promise);
  const [first, second] = [memory.get(), memory.get()];
  memory.set({ from: 'memory' });
  resolve({ from: 'disk' });
  expect(await Promise.all([first, second, memory.get()])).toEqual(Array(3).fill({ from: 'memory' }));
});

test('the disk is read once, and again after a failure', async () => {
  let reads = 0;
  const memory = createMemory(() => {
    reads += 1;
    return reads === 1 ? Promise.reject(new Error('busy')) : Promise.resolve({ read: reads });
  });
  await expect(memory.get()).rejects.toThrow('busy');
  expect([await memory.get(), await memory.get()]).toEqual([{ read: 2 }, { read: 2 }]);
});
