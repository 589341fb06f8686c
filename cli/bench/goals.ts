/** The goals, by the name of their figure. `npm run bench -- --check` fails when one is missed. */
import type { Goal } from './figure.ts';

export const goals: Readonly<Record<string, Goal>> = {
  'deploy to live, unchanged one-component app': { kind: 'at-most', value: 1000 },
  'rollback click to live': { kind: 'at-most', value: 1000 },
  'rollback click to live with 20 builds queued': { kind: 'at-most', value: 1000 },
  'abort click to gone, p95': { kind: 'at-most', value: 15 },
  'requests per second through the edge': { kind: 'at-least', value: 0.95 },
  'memory of all Slipway processes and HAProxy': { kind: 'at-most', value: 350 },
  "an app's p99 while a build takes all it can": { kind: 'at-most', value: 2 },
  'takeover after SIGKILL of the worker': { kind: 'at-most', value: 30_000 },
  'slot free to fetching, 1,000 queued': { kind: 'at-most', value: 200 },
  'npm run up, again': { kind: 'at-most', value: 10 },
};
