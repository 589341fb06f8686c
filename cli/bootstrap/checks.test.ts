import { describe, expect, it } from 'vitest';
import { checkMachine, missingPackages } from './checks.mjs';
import { freeSpace, meminfo, type Machine } from './machine.mjs';
import { isAtLeast, platformPrograms, versionIn } from './programs.mjs';

const machine: Machine = {
  platform: 'linux', architecture: 'x64', kernel: '6.1.0-18-amd64', node: '18.19.0', memoryMib: 3900, swapMib: 0,
  freeDiskMib: 60_000, stateDir: '/srv/slipway/.slipway', stateWritable: true, isRoot: true, hasApt: true,
  programs: platformPrograms.map((program) => ({ program, found: true, version: '99.0', tooOld: false })),
  ports: [{ port: 80, variable: 'SLIPWAY_HTTP_PORT', isChosen: false, takenBy: null }],
}; // prettier-ignore
const without = (command: string): Machine['programs'] =>
  machine.programs.map((state) => (state.program.command === command ? { ...state, found: false } : state));
const failures = (changes: Partial<Machine>): { name: string; mend: string | undefined }[] =>
  checkMachine({ ...machine, ...changes })
    .filter(({ mark }) => mark === 'fail')
    .map(({ name, mend }) => ({ name, mend }));

describe('the screen of checks', () => {
  it('passes on a machine that has everything', () => {
    expect(checkMachine(machine).map(({ mark }) => mark)).toEqual(Array.from({ length: 6 }, () => 'pass'));
  });

  it.each<[string, Partial<Machine>]>([
    ['system', { platform: 'darwin' }],
    ['system', { architecture: 'riscv64' }],
    ['system', { kernel: '4.19.0-1' }],
    ['memory', { memoryMib: 1000, swapMib: 500 }],
    ['disk', { freeDiskMib: 3000 }],
    ['disk', { stateWritable: false }],
    ['rights', { isRoot: false }],
  ])('fails %s for %o, and names the command that mends it', (name, changes) => {
    const found = failures(changes);
    expect(found.map((failure) => failure.name)).toEqual([name]);
    expect(found[0]?.mend).toMatch(/\S/);
  });

  it('takes swap for memory, because builds are what needs it', () => {
    expect(failures({ memoryMib: 1000, swapMib: 2048 })).toEqual([]);
  });

  it('leaves what is missing to apt where root and apt allow, and says exactly what to install where not', () => {
    expect(failures({ programs: without('haproxy') })).toEqual([]);
    expect(failures({ programs: without('haproxy'), hasApt: false })).toEqual([
      { name: 'programs', mend: 'sudo apt-get install --no-install-recommends haproxy' },
    ]);
    expect(missingPackages(without('nft'))).toEqual(['nftables']);
  });

  it('fails a program that is too old, also where apt could install it', () => {
    const programs = machine.programs.map((state) =>
      state.program.command === 'haproxy' ? { ...state, version: '2.4.22', tooOld: true } : state,
    );
    expect(failures({ programs }).map(({ name }) => name)).toEqual(['programs']);
  });

  it('says of an old engine whom it is for', () => {
    const programs = machine.programs.map((state) => ({ ...state, version: '20.10.24' }));
    expect(checkMachine({ ...machine, programs }).find(({ name }) => name === 'engine')?.mark).toBe('note');
  });

  it('fails a taken port that URLs hold already, and only notes one that was never chosen', () => {
    const taken = (isChosen: boolean): Partial<Machine> => ({
      ports: [{ port: 80, variable: 'SLIPWAY_HTTP_PORT', isChosen, takenBy: 'nginx (process 12)' }],
    });
    expect(failures(taken(false))).toEqual([]);
    expect(failures(taken(true))).toEqual([{ name: 'ports', mend: 'stop it, or: SLIPWAY_HTTP_PORT=8080 ./up' }]);
  });
});

describe('reading the machine', () => {
  it.each([
    ['HAProxy version 2.6.12-1+deb12u4 2026/10/30 - https://haproxy.org/', '2.6.12'],
    ['git version 2.39.5', '2.39.5'],
    ['Docker version 20.10.24+dfsg1, build 297e128', '20.10.24'],
    ['no version here', null],
  ])('finds the version in %j', (text, version) => {
    expect(versionIn(text)).toBe(version);
  });

  it.each([
    ['2.6', '2.6', true],
    ['2.10.1', '2.6', true],
    ['2.5.9', '2.6', false],
    ['20.10.24', '20.10', true],
    ['3', '2.6', true],
  ])('%s is at least %s: %s', (version, atLeast, expected) => {
    expect(isAtLeast(version, atLeast)).toBe(expected);
  });

  it('reads memory and disk in MiB', () => {
    expect(meminfo('MemTotal:       24683964 kB\nSwapTotal:       2097148 kB\n', 'SwapTotal')).toBe(2048);
    expect(freeSpace('Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 100 50 2048 50% /\n')).toBe(
      2,
    );
  });
});
