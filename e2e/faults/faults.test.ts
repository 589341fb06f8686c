/**
 * The fault scenarios on the real engine, edge and PostgreSQL. One machine for all of them; each has deployments of its
 * own, load on them, and the checker at its end. `SLIPWAY_FAULT_SCALE` and `SLIPWAY_FAULT_SEEDS` make the long form.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '#cli/bootstrap/settings.mjs';
import { type Machine, startMachine } from '#e2e/faults/machine.ts';
import { Tenant } from '#e2e/faults/places.ts';
import { Recorder } from '#e2e/faults/recorder.ts';
import type { Scenario } from '#e2e/faults/scenario.ts';
import { notHere, scenariosOf } from '#e2e/faults/scenarios/index.ts';
import { Stage } from '#e2e/faults/stage.ts';

const scale = Number(process.env['SLIPWAY_FAULT_SCALE'] ?? '0.1');
const seeds = Number(process.env['SLIPWAY_FAULT_SEEDS'] ?? '5');
/** `SLIPWAY_FAULT_FORM=long`: more points and more steps, at whatever scale. */
const scenarios = scenariosOf(process.env['SLIPWAY_FAULT_FORM'] === 'long', seeds);
let machine: Machine;
let tenant: Tenant;
let recorder: Recorder;
const table: { id: string; title: string; result: string; ms: number; operations: Record<string, number> }[] = [];

beforeAll(async () => {
  machine = await startMachine(scale);
  tenant = await Tenant.create(machine);
  recorder = new Recorder(machine).start();
  // The base image travels once, with nothing beside it.
  await (await tenant.place()).deploy();
}, 300_000);
afterAll(async () => {
  await recorder.stop();
  await machine.dispose();
  const folder = path.join(root, 'test-results');
  mkdirSync(folder, { recursive: true });
  const rest = notHere.map(({ id, title, why }) => ({ id, title, result: `not here: ${why}`, ms: 0, operations: {} }));
  writeFileSync(path.join(folder, 'faults-table.json'), JSON.stringify({ scale, rows: [...table, ...rest] }));
}, 120_000);

async function play(scenario: Scenario): Promise<void> {
  const stage = new Stage(machine, tenant, recorder);
  const began = Date.now();
  let result = 'failed';
  try {
    await scenario.run(stage);
    const broken = await stage.judge();
    expect(broken).toEqual([]);
    result = 'passed';
  } catch (error) {
    console.error(`${scenario.id} failed at ${new Date().toISOString()}`, error); // at once: the run may take an hour
    throw error;
  } finally {
    const operations = Object.fromEntries(stage.operations);
    table.push({ id: scenario.id, title: scenario.title, result, ms: Date.now() - began, operations });
    machine.worker.life.send('SIGCONT');
    await Promise.all([machine.worker.ready(), machine.agent.ready()]);
    await stage.leave(result === 'passed');
  }
}

const limit = 300_000 + 1_200_000 * scale;
describe.concurrent('beside each other', () => {
  for (const scenario of scenarios.filter((one) => one.lane === 'beside'))
    test(`${scenario.id}: ${scenario.title}`, { timeout: limit }, () => play(scenario));
});
describe('alone', () => {
  for (const scenario of scenarios.filter((one) => one.lane === 'alone'))
    test(`${scenario.id}: ${scenario.title}`, { timeout: limit }, () => play(scenario));
});
