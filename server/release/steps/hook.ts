/**
 * Runs the hooks of the release, one after the other, each as a one-off instance of the new release before traffic. A
 * hook runs at most once: a worker that takes over waits for the instance or takes its exit code; only one that was
 * started and is missing fails.
 */
import { releaseComponentRows } from '#server/db/release-components.ts';
import { addInstance, freeAddresses, hookInstance, type InstanceRow, markRemoved, networkFor, setInstances } from '#server/db/release-instances.ts'; // prettier-ignore
import { type HookName, hookSettings, wantedHooks } from '#server/domain/hooks.ts';
import { kindRules } from '#server/domain/release-machine.ts';
import { AppError } from '#server/errors.ts';
import { newId } from '#server/ids.ts';
import { type PreparedComponent, prepareComponents } from '#server/release/hand-over.ts';
import type { StepContext, StepResult } from '#server/release/engine.ts';
import { fail, lastLineCount } from '#server/release/failure.ts';
import { addressRestMs, consoleOf, instanceSpec, networkSpec } from '#server/release/instance-spec.ts';
import type { ObservedState } from '#server/runtime/types.ts';

const pollMs = 200;

export async function hookStep(ctx: StepContext): Promise<StepResult> {
  const rule = kindRules[ctx.release.kind].hook;
  const wasLive = ctx.deployment.liveReleaseId !== null;
  if (rule === 'no' || (rule === 'before-first-live' && wasLive)) return { kind: 'done' };
  const rows = await releaseComponentRows(ctx.engine.db, ctx.release.orgId, ctx.release.id);
  const sources = ctx.release.snapshot.components.map((component) => ({
    component,
    procfile: rows.get(component.componentId)?.plan?.hooks ?? null,
  }));
  const wanted = wantedHooks(sources, wasLive);
  if (wanted.length === 0) return { kind: 'done' };
  const { prepared } = await prepareComponents(ctx);
  for (const { componentId, name, command } of wanted) {
    const one = prepared.find((candidate) => candidate.component.componentId === componentId);
    if (!one) throw new AppError('internal', 'A hook of a component that was not prepared.');
    const result = await runHook(ctx, one, name, command);
    if (result) return result;
  }
  return { kind: 'done', note: `Ran ${[...new Set(wanted.map((one) => one.name))].join(', ')}` };
}

/** Null when it ended well, now or before. */
async function runHook(
  ctx: StepContext,
  one: PreparedComponent,
  name: HookName,
  command: string,
): Promise<StepResult | null> {
  const { engine, release } = ctx;
  const { componentId } = one.component;
  const key = { orgId: release.orgId, releaseId: release.id, componentId, hook: name };
  const known = await hookInstance(engine.db, key);
  if (known?.state === 'removed') {
    await ctx.region.instances.remove(known.id, ctx.signal);
    return verdict(ctx, one, name, known, known.observed);
  }
  const row = known ?? (await addHook(ctx, one, name));
  if (!row) return { kind: 'wait', ms: 5000 * engine.timeScale, reason: 'Waits for an address: recently used ones rest for 10 minutes.' }; // prettier-ignore
  engine.fault('hook.before_start');
  let state = await ctx.region.instances.inspect(row.id, ctx.signal);
  // `starting` says that no engine has acknowledged it yet, so that a missing one never ran.
  if (row.state === 'starting') {
    if (state.phase === 'missing' || state.phase === 'created') await begin(ctx, one, row, command);
    await ctx.write((tx) => setInstances(tx, release.orgId, [row.id], { state: 'ready' }));
  } else if (state.phase === 'missing') {
    if (!isRepeatable(one)) return interrupted(ctx, one, name, row);
    await again(ctx, one, row, command);
  }
  engine.fault('hook.after_start');
  engine.consoles.follow(consoleOf(row));
  const limitMs = engine.times.hookDeadline;
  for (;;) {
    state = await ctx.region.instances.inspect(row.id, ctx.signal);
    if (state.phase === 'missing') {
      if (!isRepeatable(one) || ctx.elapsedMs() > limitMs) return interrupted(ctx, one, name, row);
      await again(ctx, one, row, command);
      continue;
    }
    if (state.phase === 'exited') break;
    if (ctx.elapsedMs() > limitMs) {
      await ctx.region.instances.stop(row.id, 0, ctx.signal);
      await endHook(ctx, row, { ...state, exitCode: null });
      return verdict(ctx, one, name, row, null);
    }
    await engine.clock.sleep(pollMs, ctx.signal);
  }
  engine.fault('hook.after_exit');
  await endHook(ctx, row, state);
  return verdict(ctx, one, name, row, state);
}

/** Its author says that a second run does no harm. Older snapshots do not have the setting. */
const isRepeatable = (one: PreparedComponent): boolean => one.component.settings.hook.repeatable;

async function again(ctx: StepContext, one: PreparedComponent, row: InstanceRow, command: string): Promise<void> {
  ctx.say(`The instance of the ${row.hook} hook of ${one.component.name} was lost; it may run again`, 'warn');
  await ctx.engine.clock.sleep(pollMs, ctx.signal);
  await begin(ctx, one, row, command);
  ctx.engine.consoles.follow(consoleOf(row));
}

async function addHook(ctx: StepContext, one: PreparedComponent, name: HookName): Promise<InstanceRow | null> {
  const { engine, release } = ctx;
  const { cpuMillis, memoryMib } = one.component.settings.size;
  const { componentId } = one.component;
  await ctx.write(async (tx) => {
    const network = await networkFor(tx, release, engine.subnetPool);
    const [address] = (await freeAddresses(tx, engine.now, network, 1)) ?? [];
    if (address === undefined) return;
    await addInstance(tx, {
      id: newId('instance'), orgId: release.orgId, deploymentId: release.deploymentId, componentId, startedBy: release.id, role: 'hook',
      hook: name, ordinal: 0, specHash: one.specHash, address, port: null, cpuMillis, memoryMib,
    }); // prettier-ignore
  });
  return hookInstance(engine.db, { orgId: release.orgId, releaseId: release.id, componentId, hook: name });
}

async function begin(ctx: StepContext, one: PreparedComponent, row: InstanceRow, command: string): Promise<void> {
  const { engine, release } = ctx;
  const network = networkSpec(ctx, await ctx.write((tx) => networkFor(tx, release, engine.subnetPool)));
  ctx.say(`Running the ${row.hook} hook of ${one.component.name}`);
  await ctx.region.instances.ensureNetwork(network, ctx.signal);
  const more = { image: one.artifact.reference, command, env: one.environment.values, network };
  await ctx.region.instances.start(instanceSpec(ctx, row, one.component, more, []), ctx.signal);
}

/** The exit code is kept, and the row is done with, before the instance goes: a worker that takes over knows how it ended. */
async function endHook(ctx: StepContext, row: InstanceRow, state: ObservedState): Promise<void> {
  const { engine, release } = ctx;
  await engine.consoles.finish(consoleOf(row), 5000);
  await ctx.write(async (tx) => {
    await setInstances(tx, release.orgId, [row.id], { observed: state });
    await markRemoved(tx, engine.now, release.orgId, row.id, addressRestMs * engine.timeScale);
  });
  engine.fault('hook.before_remove');
  await ctx.region.instances.remove(row.id, ctx.signal);
}

const hookFix = (componentId: string, name: HookName) =>
  ({ kind: 'setting', componentId, path: hookSettings[name] }) as const;

/** It ran and its instance is gone: by hand, or with the engine. The row stays, so that every worker says the same. */
const interrupted = async (
  ctx: StepContext,
  one: PreparedComponent,
  name: HookName,
  row: InstanceRow,
): Promise<StepResult> =>
  fail(
    'hook_interrupted',
    `The ${name} hook of ${one.component.name} was interrupted, and nobody knows how far it came.`,
    'Check what it does, then deploy again.',
    {
      componentId: one.component.componentId,
      lastLines: await ctx.engine.consoles.last(consoleOf(row), lastLineCount),
      fix: hookFix(one.component.componentId, name),
    },
  );

async function verdict(
  ctx: StepContext,
  one: PreparedComponent,
  name: HookName,
  row: InstanceRow,
  state: ObservedState | null,
): Promise<StepResult | null> {
  if (state?.exitCode === 0) return null;
  const { componentId } = one.component;
  const lastLines = await ctx.engine.consoles.last(consoleOf(row), lastLineCount);
  const more = { componentId, lastLines, fix: hookFix(componentId, name) };
  const what = `The ${name} hook of ${one.component.name}`;
  if (state?.outOfMemory)
    return fail(
      'out_of_memory',
      `${what} needed more than ${row.memoryMib} MiB of memory.`,
      'Give the component more memory.',
      more,
    );
  if (state === null || state.exitCode === null)
    return fail(
      'hook_timeout',
      `${what} did not end in time.`,
      'Make it shorter, or run the long part in a job.',
      more,
    );
  return fail('hook_failed', `${what} ended with exit code ${state.exitCode}.`, 'The last lines say why; mend it and deploy again.', more); // prettier-ignore
}
