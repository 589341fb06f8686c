/**
 * Named fault points for tests: `SLIPWAY_FAULT=<point>=<kill|throw|stop>[:n]` ends, breaks or pauses the worker at the n-th
 * visit of the point. It happens once per state folder (a marker file remembers), so that the worker which is started
 * next gets past it. Without the variable a point costs one comparison.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export const faultPoints = [
  'fetching.before', 'fetching.after_fetch', 'building.before', 'building.after_build', 'storing.before', 'storing.after_store',
  'starting.after_rows', 'starting.after_start', 'checking.before', 'checking.before_commit', 'hook.before_start', 'hook.after_start',
  'hook.after_exit', 'hook.before_remove', 'switching.before_publish', 'switching.before_ack', 'switching.before_commit', 'retiring.before_drain',
  'retiring.before_stop', 'retiring.before_remove', 'swap.before_hold', 'swap.before_hold_ack', 'swap.after_hold', 'swap.after_stop', 'swap.after_start', 'swap.after_ready', 'swap.undo_removed',
  'swap.undo_started', 'last.after_start', 'undo.before', 'undo.before_remove', 'undo.before_commit',
] as const; // prettier-ignore
export type FaultPoint = (typeof faultPoints)[number];
export type Fault = (point: FaultPoint) => void;

/** What `throw` throws: the engine treats it as the end of the process, nothing is tidied up. */
export class InjectedCrash extends Error {
  constructor(point: string) {
    super(`Fault point ${point}`);
    this.name = 'InjectedCrash';
  }
}
export interface FaultPlan {
  point: string;
  how: 'kill' | 'throw' | 'stop';
  visit: number;
}

export const noFault: Fault = () => undefined;

/** @throws Error when the text is not a plan. */
export function parseFault(text: string): FaultPlan {
  const match = /^([a-z_.]+)=(kill|throw|stop)(?::(\d{1,4}))?$/.exec(text);
  const [, point, how, visit] = match ?? [];
  if (point === undefined || (how !== 'kill' && how !== 'throw' && how !== 'stop'))
    throw new Error('SLIPWAY_FAULT: <point>=<kill|throw|stop>[:n]');
  if (!(faultPoints as readonly string[]).includes(point)) throw new Error(`SLIPWAY_FAULT: no point named ${point}`);
  return { point, how, visit: Number(visit ?? '1') };
}

/** @param fire called at the planned visit. */
export function createFault(plan: FaultPlan, fire: (plan: FaultPlan) => void): Fault {
  let visits = 0;
  return (point) => {
    if (point !== plan.point) return;
    visits += 1;
    if (visits === plan.visit) fire(plan);
  };
}

/** The fault of this process, from the configuration. */
export function processFault(text: string | undefined, stateDir: string): Fault {
  if (text === undefined) return noFault;
  return createFault(parseFault(text), (plan) => {
    const marker = path.join(stateDir, 'run', `fault.${plan.point}`);
    mkdirSync(path.dirname(marker), { recursive: true });
    try {
      writeFileSync(marker, plan.how, { flag: 'wx' });
    } catch {
      return; // it happened in an earlier life of this worker
    }
    if (plan.how === 'throw') throw new InjectedCrash(plan.point);
    process.kill(process.pid, plan.how === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  });
}
