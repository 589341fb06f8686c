import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { containerBody, gatewayOf, isSafeReference, networkBody, specDigest } from '#server/runtime/docker/spec.ts';
import type { InstanceSpec } from '#server/runtime/types.ts';

const host = { installationId: 'inst_1', openFiles: 65_536, helpers: '/state/helpers' };
const hostsFile = '/state/hosts/dep_1/ins_1';
const spec: InstanceSpec = {
  id: 'ins_01j0000000000000000000000a',
  deploymentId: 'dep_1',
  componentId: 'cmp_1',
  releaseId: 'rel_1',
  role: 'serving',
  image: 'slipway/0123456789abcdef0123456789abcdef:1',
  command: 'node server.js',
  env: { PORT: '3000', GREETING: 'a=b c' },
  network: { deploymentId: 'dep_1', bridge: 'slw-ab12-1', subnet: '10.213.0.64/26' },
  address: '10.213.0.66',
  aliases: ['web'],
  cpuMillis: 250,
  memoryMib: 256,
  stopGraceSeconds: 30,
};

describe('containerBody', () => {
  it('is this and nothing else', () => {
    expect(containerBody(spec, host, hostsFile)).toMatchSnapshot();
  });
  it('leaves the image its own command when there is none', () => {
    const body = containerBody({ ...spec, command: null }, host, hostsFile);
    expect(body).not.toHaveProperty('Cmd');
    expect(body).not.toHaveProperty('Entrypoint');
  });
  it.each([
    ['a tag that could be another tenant’s', { image: 'slipway/tenant:1' }],
    ['an image by name', { image: 'nginx:latest' }],
    ['an id of another kind', { id: 'rel_01j0000000000000000000000a' }],
    ['a host name for an address', { address: 'localhost' }],
    ['a variable that is two', { env: { 'A=B\nC': 'x' } }],
    ['a zero byte', { env: { A: 'x\0y' } }],
    ['an alias with a dot', { aliases: ['metadata.internal'] }],
    ['no memory', { memoryMib: 0 }],
  ] satisfies [string, Partial<InstanceSpec>][])('refuses %s', (_what, change) => {
    expect(() => containerBody({ ...spec, ...change }, host, hostsFile)).toThrow(AppError);
  });

  it('gives no spec more than the fixed list, whatever its texts say', () => {
    const text = (): string =>
      [randomBytes(randomInt(12)).toString('latin1'), '","Privileged":true,"', '--privileged', '$(id)', '../../etc'][
        randomInt(5)
      ] ?? '';
    const fixed = JSON.stringify(hostConfig(containerBody(spec, host, hostsFile)));
    for (let round = 0; round < 10_000; round += 1) {
      const fuzzed: InstanceSpec = {
        ...spec,
        id: newId('instance'),
        command: text(),
        componentId: text(),
        env: { [text()]: text(), PORT: text() },
        aliases: [text()],
        image: randomInt(3) === 0 ? text() : spec.image,
      };
      let body: Record<string, unknown>;
      try {
        body = containerBody(fuzzed, host, hostsFile);
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
        continue;
      }
      expect(JSON.stringify(hostConfig(body))).toBe(fixed);
      expect(Object.keys(body).toSorted()).toEqual(Object.keys(containerBody(spec, host, hostsFile)).toSorted());
    }
  });
});

describe('references', () => {
  it('are safe when nobody else can have chosen them', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const safe = [spec.image, `registry.example:5000/team/app@${digest}`, `nginx@${digest}`];
    const unsafe = ['nginx', 'nginx:1', digest, 'slipway/x:1', `${spec.image}/..`, `NGINX@${digest}`, ''];
    expect(safe.map(isSafeReference)).toEqual(safe.map(() => true));
    expect(unsafe.map(isSafeReference)).toEqual(unsafe.map(() => false));
  });
});

describe('specDigest', () => {
  it('is the same for equal specs and another for any change', () => {
    const { env, ...rest } = spec;
    expect(specDigest({ env: { GREETING: 'a=b c', PORT: '3000' }, ...rest })).toBe(specDigest(spec));
    expect(specDigest({ ...spec, env: { ...env, PORT: '3001' } })).not.toBe(specDigest(spec));
  });
});

describe('networkBody', () => {
  it('is a bridge of our own with the first address as its gateway', () => {
    expect(networkBody(spec.network, 'inst_1')).toMatchSnapshot();
    expect(gatewayOf('10.213.0.192/26')).toBe('10.213.0.193');
  });
  it('refuses a name that is not ours', () => {
    expect(() => networkBody({ ...spec.network, bridge: 'docker0' }, 'inst_1')).toThrow(AppError);
  });
});

const hostConfig = (body: Record<string, unknown>): unknown => body['HostConfig'];
