/**
 * The gateway's folder: its working directory and the sockets that are for it. The gateway runs as a user of its own,
 * who may enter no other folder of the state and, where the state is below a closed folder, cannot even come here by its
 * path: it is started inside and uses names only.
 */
import { randomBytes } from 'node:crypto';
import { chmod, chown, rename } from 'node:fs/promises';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import type { Server } from 'node:net';
import path from 'node:path';

/** No account of the machine has it: nobody else's files or processes are the gateway's. */
export const gatewayUser = 1_702_022_002;
const isRoot = (): boolean => process.getuid?.() === 0;

export const gatewayFolder = (stateDir: string): string => path.join(stateDir, 'gateway');
export const gatewaySockets = { agent: 'agent.sock', desk: 'desk.sock', git: 'git.sock' } as const;
export const gatewaySocket = (stateDir: string, name: keyof typeof gatewaySockets): string =>
  path.join(gatewayFolder(stateDir), gatewaySockets[name]);

/** Makes the folder. The gateway's user may pass through it and write nothing. */
export function prepareGatewayFolder(stateDir: string): void {
  const folder = gatewayFolder(stateDir);
  mkdirSync(folder, { recursive: true, mode: 0o710 });
  if (isRoot()) chownSync(folder, 0, gatewayUser);
  chmodSync(folder, 0o710);
}

/** Listens at a socket file that the gateway's user can open, and nobody else. One that is there is replaced. */
export async function listenForGateway(server: Server, socketPath: string): Promise<void> {
  // Two workers may start at the same moment: each makes its own, and the last one serves.
  const fresh = `${socketPath}.${randomBytes(3).toString('hex')}`;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(fresh, () => resolve());
  });
  if (isRoot()) await chown(fresh, 0, gatewayUser);
  await chmod(fresh, isRoot() ? 0o660 : 0o600);
  await rename(fresh, socketPath);
}
