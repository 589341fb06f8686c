import { afterEach, expect, test, vi } from 'vitest';
import { followShared, type StreamHandlers } from '#app/_features/shell/shared-stream.ts';

/** The server's side: who follows now, and from where. */
function server() {
  const open: { after: string | null; handlers: StreamHandlers<string> }[] = [];
  return {
    open,
    follow: (after: string | null, handlers: StreamHandlers<string>) => {
      const entry = { after, handlers };
      open.push(entry);
      handlers.onState('live');
      return () => open.splice(open.indexOf(entry), 1);
    },
  };
}
const closers: (() => void)[] = [];
function tab(name: string, stream: ReturnType<typeof server>) {
  const heard: string[] = [];
  const onJoin = vi.fn<() => void>();
  const states: string[] = [];
  const close = followShared<string>(name, stream.follow, {
    onMessage: ({ event }) => heard.push(event),
    onState: (state) => states.push(state),
    onJoin,
  });
  closers.push(close);
  return { heard, onJoin, states, close };
}
afterEach(() => closers.splice(0).forEach((close) => close()));

test('many tabs share one stream, and all hear everything once', async () => {
  const stream = server();
  const tabs = Array.from({ length: 8 }, () => tab('share', stream));
  await expect.poll(() => tabs.every(({ onJoin }) => onJoin.mock.calls.length === 1)).toBe(true);
  stream.open[0]?.handlers.onMessage({ id: '7', event: 'deployed' });
  await expect.poll(() => tabs.map(({ heard }) => heard)).toEqual(tabs.map(() => ['deployed']));
  expect(stream.open).toHaveLength(1);
});

test('when the leading tab closes, another goes on from the last position', async () => {
  const stream = server();
  const first = tab('succeed', stream);
  await expect.poll(() => stream.open.length).toBe(1);
  const second = tab('succeed', stream);
  await expect.poll(() => second.onJoin.mock.calls.length).toBe(1);
  stream.open[0]?.handlers.onMessage({ id: '41', event: 'a' });
  await expect.poll(() => second.heard).toEqual(['a']);
  first.close();
  await expect.poll(() => stream.open.map(({ after }) => after)).toEqual(['41']);
  stream.open[0]?.handlers.onMessage({ id: '42', event: 'b' });
  await expect.poll(() => second.heard).toEqual(['a', 'b']);
});

test('a lost connection is told to every tab', async () => {
  const stream = server();
  const [one, two] = [tab('state', stream), tab('state', stream)];
  await expect.poll(() => two.states.length + one.states.length).toBeGreaterThanOrEqual(2);
  stream.open[0]?.handlers.onState('connecting');
  await expect.poll(() => [one.states.at(-1), two.states.at(-1)]).toEqual(['connecting', 'connecting']);
});
