import { describe, expect, test } from 'vitest';
import { planHandOver, specDocument, type SpecInput } from '#server/domain/spec.ts';

const input: SpecInput = {
  componentName: 'web', image: 'sha256:1', command: null, port: 3000, cpuMillis: 1000, memoryMib: 512, volumes: [],
  uses: { A: ['var_1'], B: ['var_2', 'var_3'] },
}; // prettier-ignore

describe('the document of an instance', () => {
  test('is the same whatever the order of keys and versions', () => {
    expect(specDocument({ ...input, uses: { B: ['var_3', 'var_2'], A: ['var_1'] } })).toBe(specDocument(input));
  });
  test('leaves out the number of the release, so that an unchanged instance is carried over', () => {
    expect(specDocument({ ...input, uses: { ...input.uses, RELEASE: ['platform:7'] } })).toBe(specDocument(input));
  });
  test.each([
    { image: 'sha256:2' }, { command: 'run' }, { port: 8080 }, { cpuMillis: 500 }, { memoryMib: 256 }, { volumes: ['vol_1'] },
    { componentName: 'api' }, { uses: { A: ['var_9'], B: ['var_2', 'var_3'] } },
  ] satisfies Partial<SpecInput>[])('changes with %o', (change) => {
    expect(specDocument({ ...input, ...change })).not.toBe(specDocument(input));
  }); // prettier-ignore
});

describe('the hand-over', () => {
  const wanted = { componentId: 'web', specHash: 'x', count: 2, fresh: false };
  const serving = (id: string, specHash = 'x', running = true) => ({ id, componentId: 'web', specHash, running });

  test('carries equal instances over and starts what is missing', () => {
    expect(planHandOver([wanted], [serving('a')])).toEqual({
      carried: ['a'],
      starts: [{ componentId: 'web', ordinal: 0 }],
    });
  });
  test('replaces instances of another specification', () => {
    expect(planHandOver([wanted], [serving('a', 'y'), serving('b')]).carried).toEqual(['b']);
  });
  test('keeps no more than are wanted', () => {
    expect(planHandOver([{ ...wanted, count: 1 }], [serving('a'), serving('b')])).toEqual({
      carried: ['a'],
      starts: [],
    });
  });
  test('never carries over what does not run', () => {
    expect(planHandOver([{ ...wanted, count: 1 }], [serving('a', 'x', false)]).starts).toHaveLength(1);
  });
  test('starts all anew for a restart', () => {
    expect(planHandOver([{ ...wanted, fresh: true }], [serving('a'), serving('b')])).toMatchObject({
      carried: [],
      starts: [{}, {}],
    });
  });
});
