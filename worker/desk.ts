/** The gateway's desk over the use cases. */
import { systemClock } from '#server/clock.ts';
import type { Config } from '#server/config.ts';
import type { Db } from '#server/db/client.ts';
import { deriveKey } from '#server/secret.ts';
import type { Desk } from '#server/ssh/desk.ts';
import { readHostKeys } from '#server/ssh/host-keys.ts';
import { closeSshConnection, expiredSshConnections, findSshKey, openSshSession, type SshContext } from '#server/usecases/ssh-sessions.ts'; // prettier-ignore

export function createDesk(config: Pick<Config, 'masterSecret' | 'SLIPWAY_PUBLIC_URL'>, db: Db): Desk {
  const ctx: SshContext = {
    db,
    clock: systemClock,
    passKey: deriveKey(config.masterSecret, 'session passes'),
    publicUrl: config.SLIPWAY_PUBLIC_URL.replace(/\/+$/, ''),
    connections: new Map(),
  };
  return {
    hostKeys: () => readHostKeys(db, deriveKey(config.masterSecret, 'ssh host keys')),
    findKey: (query) => findSshKey(ctx, query),
    open: (query) => openSshSession(ctx, query),
    expired: (connections) => expiredSshConnections(ctx, connections),
    closed: (connectionId) => closeSshConnection(ctx, connectionId),
  };
}
