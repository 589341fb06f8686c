import { describe, expect, it } from 'vitest';
import { parseEnvironment } from '#cli/bootstrap/settings.mjs';
import { assertValid, decide, decidedNames, operatorValues, renderEnvironment } from './environment.ts';
import { decideSubnets } from './subnets.ts';

const machine = { addresses: ['127.0.0.1'], routes: '', isTaken: (port: number) => port === 4620, ownerOf: () => '' };
const noShell = { NODE_ENV: 'test' } as const;

describe('<state>/environment', () => {
  it('holds a whole configuration that the processes accept', () => {
    const { values, ownsDatabase } = decide({}, {}, machine, 'pw');
    expect(() => assertValid(values)).not.toThrow();
    expect(ownsDatabase).toBe(true);
    expect(values['SLIPWAY_WEB_PORT']).toBe('4621');
    expect(values['DATABASE_URL']).toContain('127.0.0.1:4622');
  });

  it('is read back as it was written, with what the operator set apart from what was decided', () => {
    const operator = { SLIPWAY_HTTP_PORT: '18080' };
    const { values } = decide(operator, {}, machine, 'pw');
    const text = renderEnvironment(operator, values);
    expect(parseEnvironment(text)).toEqual(values);
    expect(operatorValues(parseEnvironment(text), decidedNames(text), noShell)).toEqual(operator);
  });

  it('remembers what the shell set once, and an empty value takes it back', () => {
    const set = operatorValues({}, new Set(), { ...noShell, SLIPWAY_BUILD_SLOTS: '4', HOME: '/root' });
    expect(set).toEqual({ SLIPWAY_BUILD_SLOTS: '4' });
    expect(operatorValues(set, new Set(), noShell)).toEqual(set);
    expect(operatorValues(set, new Set(), { ...noShell, SLIPWAY_BUILD_SLOTS: '' })).toEqual({});
  });

  it('keeps ports, domain and pool as first decided, so that URLs do not move', () => {
    const first = decide({}, {}, machine, 'pw').values;
    const later = { ...machine, addresses: ['8.8.4.4'], isTaken: () => true };
    expect(decide({}, first, later, 'pw').values).toEqual(first);
  });

  it("uses the operator's database and does not start one", () => {
    const url = 'postgres://u:p@db.example.net:5432/slipway';
    const settlement = decide({ DATABASE_URL: url }, {}, machine, 'pw');
    expect(settlement).toMatchObject({ ownsDatabase: false, values: { DATABASE_URL: url } });
  });

  it('refuses a wrong value with the name of the variable', () => {
    const { values } = decide({ SLIPWAY_HTTP_PORT: 'eighty' }, {}, machine, 'pw');
    expect(() => assertValid(values)).toThrow(/SLIPWAY_HTTP_PORT/);
    const plain = decide({ SLIPWAY_PUBLIC_URL: 'http://slipway.example.net' }, {}, machine, 'pw').values;
    expect(() => assertValid(plain)).toThrow(/SLIPWAY_PUBLIC_URL/);
  });
});

describe('the pool of the deployment networks', () => {
  const route = (destination: string, mask: string): string =>
    `Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\neth0\t${destination}\t0\t0003\t0\t0\t0\t${mask}\n`;
  it('is the first that the machine does not route', () => {
    expect(decideSubnets('')).toBe('10.213.0.0/16');
    expect(decideSubnets(route('0000D50A', '0000FFFF'))).toBe('10.214.0.0/16'); // 10.213.0.0/16
    expect(decideSubnets(route('4003D60A', 'C0FFFFFF'))).toBe('10.213.0.0/16'); // 10.214.3.64/26
  });
  it('ignores the default route', () => {
    expect(decideSubnets(route('00000000', '00000000'))).toBe('10.213.0.0/16');
  });
});
