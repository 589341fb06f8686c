/**
 * The SSH gateway. It listens, then becomes a user of its own that owns nothing: what strangers talk with holds neither
 * the engine's socket nor the database nor a secret beside the host keys. It lives in its folder and uses the names of
 * the sockets in it.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadGatewayConfig } from '#server/config.ts';
import { createLogger } from '#server/log.ts';
import { connectDesk } from '#server/ssh/desk-client.ts';
import type { Desk } from '#server/ssh/desk.ts';
import { gatewaySockets, gatewayUser } from '#server/ssh/gateway-folder.ts';
import { createGateway, listenFor } from '#server/ssh/gateway/server.ts';

const log = createLogger({ role: 'gateway' });
const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
const retryMs = 300;

/** For ever: no later fault brings the rights back. */
function becomeNobody(): void {
  if (process.getuid?.() !== 0) return;
  process.setgroups?.([gatewayUser]);
  process.setgid?.(gatewayUser);
  process.setuid?.(gatewayUser);
  if (process.getuid() === 0) throw new Error('The gateway could not give up its rights.');
}

/** Its file lies beside the bundle. */
const hasNativeCrypto = (): boolean =>
  readdirSync(path.dirname(process.argv[1] ?? '.')).some((name) => name.startsWith('sshcrypto'));

/** The worker may start later than we do. */
async function hostKeysFrom(desk: Desk): Promise<string[]> {
  for (;;) {
    try {
      return await desk.hostKeys(stop.signal);
    } catch (error) {
      if (stop.signal.aborted) throw error;
      await delay(retryMs, undefined, { signal: stop.signal });
    }
  }
}

async function run(): Promise<void> {
  const config = loadGatewayConfig();
  const desk = connectDesk(gatewaySockets.desk);
  const hostKeys = await hostKeysFrom(desk);
  const gateway = createGateway({ desk, agentSocket: gatewaySockets.agent, gitSocket: gatewaySockets.git, hostKeys, log }); // prettier-ignore
  const server = await listenFor(gateway, config.SLIPWAY_BIND, config.SLIPWAY_SSH_PORT);
  if (!hasNativeCrypto()) log.warn('without the native part of ssh2 sessions have half the speed');
  becomeNobody();
  log.info('ready', { port: config.SLIPWAY_SSH_PORT, uid: process.getuid?.() });
  if (!stop.signal.aborted)
    await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }));
  server.close();
  await gateway.close();
  log.info('stopped');
}

// ssh2 calls us from its parser: a fault in one connection must not end those of everybody.
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(event, (error: unknown) => log.error('a connection failed in a way that nothing caught', { error }));
try {
  await run();
} catch (error) {
  if (!stop.signal.aborted) {
    log.error('the gateway cannot work', { error });
    process.exit(1);
  }
}
process.exit();
