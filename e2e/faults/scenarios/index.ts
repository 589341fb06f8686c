import type { NotHere, Scenario } from '#e2e/faults/scenario.ts';
import { appScenarios } from '#e2e/faults/scenarios/apps.ts';
import { partScenarios } from '#e2e/faults/scenarios/parts.ts';
import { queueScenarios } from '#e2e/faults/scenarios/queue.ts';
import { randomScenario } from '#e2e/faults/scenarios/random.ts';
import { singleScenarios } from '#e2e/faults/scenarios/single.ts';
import { sourceScenarios } from '#e2e/faults/scenarios/sources.ts';
import { morePauses, workerScenarios } from '#e2e/faults/scenarios/workers.ts';

/** @param isFull the long form: more points, more steps. @param seeds of the random scenario */
export const scenariosOf = (isFull: boolean, seeds: number): readonly Scenario[] => [
  ...appScenarios,
  ...queueScenarios,
  ...sourceScenarios,
  ...partScenarios,
  ...workerScenarios,
  ...(isFull ? morePauses : []),
  ...Array.from({ length: seeds }, (_entry, index) => randomScenario(index + 1, isFull ? 20 : 8)),
  ...singleScenarios,
];

export const notHere: readonly NotHere[] = [
  {
    id: 'F14b',
    title: 'webhooks answer 503 while PostgreSQL is away, and missed pushes are deployed afterwards',
    why: 'this machine has no web process; a push is compared with the branch tip by the worker',
  },
  {
    id: 'F43d',
    title: 'the clock of the edge is off by an hour',
    why: 'the edge checks no tokens yet: nothing of it goes by the clock',
  },
  {
    id: 'F49b',
    title: 'an older version and this one share the schema',
    why: 'there is no released older version yet; F49 replaces the worker by the same',
  },
];
