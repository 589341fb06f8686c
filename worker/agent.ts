/** The agent: holds the engine's socket and the edge, serves them as typed calls, and keeps the firewall in force. */
import path from 'node:path';
import { openFences } from '#server/agent/fences.ts';
import { createLocalRegion, type LocalRegion } from '#server/agent/local-region.ts';
import { serveAgent } from '#server/agent/server.ts';
import { serveSessions } from '#server/agent/session-server.ts';
import { readInstallation } from '#server/build/builder-paths.ts';
import { systemClock } from '#server/clock.ts';
import { loadConfig } from '#server/config.ts';
import type { Config } from '#server/config.ts';
import { createLogger } from '#server/log.ts';
import { deriveKey } from '#server/secret.ts';
import { gatewaySocket, prepareGatewayFolder } from '#server/ssh/gateway-folder.ts';
import { PassDesk } from '#server/ssh/passes.ts';
import { createFirewall } from '#server/runtime/firewall.ts';

const log = createLogger({ role: 'agent' });
const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());

/** Ports that instances may reach at this machine: the edge's, where everybody can. */
const openPorts = (config: Config): number[] =>
  config.SLIPWAY_BIND === '127.0.0.1'
    ? []
    : [config.SLIPWAY_HTTP_PORT, config.SLIPWAY_HTTPS_PORT, config.SLIPWAY_SSH_PORT];

const reviveMs = 5000;
/** The engine starts live instances by itself, after a reboot before their volumes are mounted: those are ours to start. */
async function keepRevived(local: LocalRegion, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await local.revive(signal).catch((error: unknown) => {
      if (!signal.aborted) log.warn('instances with volumes could not be looked after', { error });
    });
    await systemClock.sleep(reviveMs, signal).catch(() => undefined);
  }
}

async function run(): Promise<void> {
  const config = loadConfig();
  const { id, tag } = await readInstallation(config.stateDir);
  const firewall = createFirewall({ tag, openPorts: openPorts(config), log: log.child({ part: 'firewall' }) });
  await firewall.ensure(stop.signal); // before anything of a tenant can start
  const keeping = firewall.keep(stop.signal);
  const local = await createLocalRegion(config, id, log, stop.signal);
  await local.edge.ensure(stop.signal);
  const fences = await openFences(path.join(config.stateDir, 'agent', 'fences.json'));
  const server = await serveAgent(
    { region: local.region, fences, log },
    path.join(config.stateDir, 'run', 'agent.sock'),
  );
  prepareGatewayFolder(config.stateDir);
  const passes = new PassDesk(deriveKey(config.masterSecret, 'session passes'));
  const sessions = await serveSessions(
    { shells: local.shells, passes, log: log.child({ part: 'sessions' }) },
    gatewaySocket(config.stateDir, 'agent'),
  );
  const reviving = keepRevived(local, stop.signal);
  log.info('ready', { installation: id });
  if (!stop.signal.aborted)
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }));
  await Promise.all([server.close(), sessions.close()]);
  await Promise.all([keeping, reviving, local.close()]);
  log.info('stopped');
}

try {
  await run();
} catch (error) {
  if (!stop.signal.aborted) {
    log.error('the agent cannot work', { error });
    process.exitCode = 1;
  }
}
// What is left are timers and idle connections of drivers; nothing of them is worth waiting for.
process.exit();
