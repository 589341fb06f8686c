import type { Stage } from '#e2e/faults/stage.ts';

/** One row of the fault table in research: what happens, what has to hold beside the promises, which the checker asserts. */
export interface Scenario {
  /** `F5`, or `F5b` for a further form of it. */
  id: string;
  title: string;
  /** `beside`: runs together with others. `alone`: what it does to the machine would disturb them. */
  lane: 'beside' | 'alone';
  run(stage: Stage): Promise<void>;
}
/** What does not run here, and why; it stands in the table and is never counted as passed. */
export interface NotHere {
  id: string;
  title: string;
  why: string;
}
