/** Loads the rules, sees when they are gone or changed, and loads them again. */
import { readFile } from 'node:fs/promises';
import { systemClock } from '#server/clock.ts';
import { AppError } from '#server/errors.ts';
import { exec } from '#server/exec.ts';
import type { Logger } from '#server/log.ts';
import { parseResolvers, renderRules, tableName } from '#server/runtime/firewall-rules.ts';
import type { FirewallPlan } from '#server/runtime/firewall-rules.ts';

export interface Firewall {
  /**
   * The rules are in force when it resolves; loads them only when they are not.
   * @throws AppError unavailable when nft is missing or refuses them
   */
  ensure(signal: AbortSignal): Promise<void>;
  /** Asserts them again whenever the table is removed or changed, until the signal fires; then resolves and leaves them in force. */
  keep(signal: AbortSignal): Promise<void>;
  /** Takes the rules away, for an installation that is removed. */
  remove(signal: AbortSignal): Promise<void>;
}

const assertEveryMs = 15_000;
/** systemd-resolved's own list, which the engine reads when `/etc/resolv.conf` names its loopback stub. */
const resolverFiles = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

export function createFirewall(options: Omit<FirewallPlan, 'resolvers'> & { log: Logger }): Firewall {
  const { tag, openPorts, log } = options;
  const table = tableName(tag);
  let loaded: { rules: string; listing: string } | null = null;

  const nft = async (args: readonly string[], signal: AbortSignal, input?: string): Promise<string | null> => {
    const result = await exec('nft', args, { signal, timeoutMs: 20_000, ...(input === undefined ? {} : { input }) });
    if (result.exitCode !== 0 && input !== undefined)
      throw new AppError('unavailable', 'The firewall rules cannot be loaded: nft refused them.', {
        cause: new Error(result.stderr.slice(0, 2000)),
      });
    return result.exitCode === 0 ? result.stdout : null;
  };
  /** Without counters and elements of dynamic sets, so equal text is an equal table. */
  const listing = (signal: AbortSignal): Promise<string | null> =>
    nft(['-s', '-t', 'list', 'table', 'inet', table], signal);

  const ensure = async (signal: AbortSignal): Promise<void> => {
    const rules = renderRules({ tag, openPorts, resolvers: await readResolvers() });
    if (loaded?.rules === rules && (await listing(signal)) === loaded.listing) return;
    const isRepair = loaded !== null;
    await nft(['-f', '-'], signal, rules);
    loaded = { rules, listing: (await listing(signal)) ?? '' };
    if (isRepair) log.warn('firewall rules were changed or removed and are in force again', { table });
  };

  const keep = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const round = new AbortController();
      const either = AbortSignal.any([signal, round.signal]);
      const watched = exec('nft', ['monitor', 'destroy'], {
        signal: either,
        onLine: (line) => line.includes(table) && round.abort(),
      }).catch(() => undefined);
      await systemClock.sleep(assertEveryMs, either).catch(() => undefined);
      round.abort();
      await watched;
      if (signal.aborted) return;
      await ensure(signal).catch((error: unknown) => {
        if (!signal.aborted) log.error('firewall rules cannot be asserted', { table, error });
      });
    }
  };

  const remove = async (signal: AbortSignal): Promise<void> => {
    loaded = null;
    await nft(['delete', 'table', 'inet', table], signal);
  };
  return { ensure, keep, remove };
}

async function readResolvers(): Promise<string[]> {
  const files = await Promise.all(resolverFiles.map((file) => readFile(file, 'utf8').catch(() => '')));
  return [...new Set(files.flatMap(parseResolvers))].toSorted();
}
