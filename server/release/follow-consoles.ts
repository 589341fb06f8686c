/** Follows the console of every instance that is there: after a restart of the worker, and when one came back. */
import { inArray } from 'drizzle-orm';
import { instances } from '#server/db/schema/instances.ts';
import type { Engine } from '#server/release/engine.ts';
import { consoleOf } from '#server/release/instance-spec.ts';

/** Those that start are followed by the step that starts them. */
export async function followConsoles(engine: Engine): Promise<void> {
  const rows = await engine.db
    .select()
    .from(instances)
    .where(inArray(instances.state, ['ready', 'live', 'draining']));
  for (const row of rows) engine.consoles.follow(consoleOf(row));
}
