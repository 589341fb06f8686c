import { describe, expect, it } from 'vitest';
import { newId } from '#server/ids.ts';
import { runtimeContract } from '#server/runtime/contract.ts';
import { createFakeHarness } from '#server/runtime/fake-harness.ts';
import { FakeRuntime } from '#server/runtime/fake.ts';

runtimeContract('fake', () => Promise.resolve(createFakeHarness()));

describe('FakeRuntime', () => {
  it('answers unavailable while the engine is away and ends open streams so', async () => {
    const runtime = new FakeRuntime();
    const { signal } = new AbortController();
    const stream = runtime.observe(signal)[Symbol.asyncIterator]();
    await stream.next();
    const next = stream.next();
    runtime.goAway();
    await expect(next).rejects.toMatchObject({ code: 'unavailable' });
    await expect(runtime.inspect(newId('instance'), signal)).rejects.toMatchObject({ code: 'unavailable' });
    runtime.comeBack();
    expect((await runtime.inspect(newId('instance'), signal)).phase).toBe('missing');
  });
});
