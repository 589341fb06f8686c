import { expect, test } from 'vitest';
import { deploymentStatus, type DeploymentFacts, type InstanceFact } from '#server/domain/status.ts';

const now = new Date('2026-01-01T12:00:00Z');
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);
const running: NonNullable<InstanceFact['observed']> = {
  phase: 'running',
  startedAt: ago(3600).toISOString(),
  finishedAt: null,
  exitCode: null,
  outOfMemory: false,
};
const instance = (ordinal: number, change: Partial<InstanceFact> = {}): InstanceFact => ({
  id: `i${ordinal}`, componentId: 'web', ordinal, readyAt: ago(3600), observedAt: ago(5), restarts: 0, memoryMib: 512, observed: running, ...change,
}); // prettier-ignore
const exited = { ...running, phase: 'exited' as const, exitCode: 1, finishedAt: ago(10).toISOString() };
const live = { number: 4, state: 'live' as const, since: ago(3600), failure: null };
const facts = (change: Partial<DeploymentFacts> = {}): DeploymentFacts => ({
  now, power: 'running', live, newest: null, components: [{ id: 'web', name: 'web', kind: 'web', wanted: 2 }], instances: [instance(1), instance(2)], ...change,
}); // prettier-ignore

test.each<[string, Partial<DeploymentFacts>, string, string]>([
  ['all run', {}, 'green', 'Serving'],
  [
    'one of two exited: an issue, but it serves',
    { instances: [instance(1), instance(2, { observed: exited })] },
    'yellow',
    'Serving, with 1 issue: web web-2 exited with 1',
  ],
  [
    'both exited: needs attention',
    { instances: [instance(1, { observed: exited }), instance(2, { observed: exited })] },
    'red',
    'Needs attention: web web-1 exited with 1',
  ],
  [
    'killed for memory says so with the limit',
    {
      instances: [instance(1, { observed: { ...exited, outOfMemory: true } })],
      components: [{ id: 'web', name: 'web', kind: 'web', wanted: 1 }],
    },
    'red',
    'Needs attention: web web-1 was killed: out of memory (512 MiB)',
  ],
  [
    'restarted a minute ago: an issue',
    {
      instances: [
        instance(1),
        instance(2, { restarts: 4, observed: { ...running, startedAt: ago(60).toISOString(), exitCode: 1 } }),
      ],
    },
    'yellow',
    'Serving, with 1 issue: web web-2 restarted: exited with 1, 4 times',
  ],
  ['restarted an hour ago: forgotten', { instances: [instance(1), instance(2, { restarts: 4 })] }, 'green', 'Serving'],
  [
    'one not observed: yellow',
    { instances: [instance(1), instance(2, { observedAt: ago(60) })] },
    'yellow',
    'Serving, with 1 issue: web web-2 not observed for 60 s',
  ],
  [
    'none observed: yellow, because nothing is known to be down',
    { instances: [instance(1, { observedAt: ago(60) }), instance(2, { observedAt: ago(60) })] },
    'yellow',
    'Serving, with 1 issue: web not observed for 60 s',
  ],
  ['fewer instances than wanted', { instances: [instance(1)] }, 'yellow', 'Serving, with 1 issue: web 1 of 2 running'],
  [
    'none wanted rests',
    { instances: [], components: [{ id: 'web', name: 'web', kind: 'web', wanted: 0 }] },
    'grey',
    'web: no instances wanted',
  ],
  [
    'a build in progress changes nothing',
    { newest: { number: 5, state: 'building', since: ago(9), failure: null } },
    'green',
    'Serving',
  ],
  [
    'a failed release beside a live one is an issue',
    { newest: { number: 5, state: 'failed', since: ago(9), failure: 'The build failed.' } },
    'yellow',
    'Serving, with 1 issue: Builds Release 5 failed: The build failed.',
  ],
  [
    'a failed first release is red',
    { live: null, instances: [], newest: { number: 1, state: 'failed', since: ago(9), failure: 'The build failed.' } },
    'red',
    'Not deployed yet: The build failed.',
  ],
  ['nothing deployed rests', { live: null, instances: [] }, 'grey', 'Not deployed yet'],
  [
    'the first release on its way',
    { live: null, instances: [], newest: { number: 1, state: 'starting', since: ago(1), failure: null } },
    'grey',
    'Deploying release 1',
  ],
  ['suspended rests', { power: 'suspended' }, 'grey', 'Suspended'],
])('%s', (_name, change, colour, cause) => {
  const status = deploymentStatus(facts(change));
  expect([status.colour, status.cause]).toEqual([colour, cause]);
});
