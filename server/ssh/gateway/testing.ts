/** For tests: a gateway over a real engine, a desk that knows one person, and keys for the real clients. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { serveSessions } from '#server/agent/session-server.ts';
import { generateDeployKeyPair } from '#server/auth/deploy-key.ts';
import { exec, type ExecOptions, type ExecResult } from '#server/exec.ts';
import { createLogger } from '#server/log.ts';
import type { ShellDriver } from '#server/runtime/shell-types.ts';
import type { Desk, SessionQuery } from '#server/ssh/desk.ts';
import { gatewaySocket, prepareGatewayFolder } from '#server/ssh/gateway-folder.ts';
import type { GatewayLimits } from '#server/ssh/gateway/limits.ts';
import { createGateway, listenFor } from '#server/ssh/gateway/server.ts';
import { PassDesk, signPass } from '#server/ssh/passes.ts';

/** A desk in memory: keys by blob, logins by instance, refusals by login. */
export class TestDesk implements Desk {
  readonly passKey = Buffer.alloc(32, 3);
  readonly keys = new Map<string, string>();
  readonly instances = new Map<string, string>();
  readonly refusals = new Map<string, string>();
  readonly asked: SessionQuery[] = [];
  readonly ended: string[] = [];
  readonly #hostKey = generateDeployKeyPair();

  get hostKeyLine(): string {
    return this.#hostKey.publicKey.split(' ').slice(0, 2).join(' ');
  }
  hostKeys(): Promise<string[]> {
    return Promise.resolve([this.#hostKey.privateKey.reveal()]);
  }
  findKey({ blob, fingerprint }: { blob: string; fingerprint: string }) {
    const keyId = this.keys.get(blob);
    return Promise.resolve(keyId === undefined ? { keyId: null, hint: `Unknown key ${fingerprint}: add it.` } : { keyId }); // prettier-ignore
  }
  open(query: SessionQuery) {
    this.asked.push(query);
    const refused = [...this.keys.values()].includes(query.keyId) ? this.refusals.get(query.login) : 'Key removed.';
    const instanceId = this.instances.get(query.login);
    if (refused !== undefined || instanceId === undefined)
      return Promise.resolve({ kind: 'refused' as const, message: refused ?? 'There is no such deployment.' });
    const { want } = query;
    const use = typeof want === 'object' ? ({ kind: 'dial', port: want.port } as const) : ({ kind: 'shell' } as const);
    const pass = signPass(this.passKey, instanceId, use, new Date());
    return Promise.resolve({ kind: 'granted' as const, pass, orgId: 'org_1', deploymentId: 'dep_1', instanceId, notice: 'Changes are lost.' }); // prettier-ignore
  }
  expired(connections: readonly { connectionId: string; keyId: string }[]) {
    const known = new Set(this.keys.values());
    const gone = connections.filter((connection) => !known.has(connection.keyId));
    return Promise.resolve(gone.map(({ connectionId }) => ({ connectionId, message: 'Your key was removed.' })));
  }
  closed(connectionId: string): Promise<void> {
    this.ended.push(connectionId);
    return Promise.resolve();
  }
}

export interface GatewayBench {
  desk: TestDesk;
  port: number;
  folder: string;
  /** Options that every client needs: port, key, known host. */
  options: string[];
  /** Runs `ssh` (or another client) to its end. */
  ssh(args: string[], run?: Pick<ExecOptions, 'input' | 'timeoutMs' | 'env'>): Promise<ExecResult>;
  connections(): number;
  dispose(): Promise<void>;
}

export async function startGateway(shells: ShellDriver, limits: Partial<GatewayLimits> = {}): Promise<GatewayBench> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-gateway-'));
  prepareGatewayFolder(folder);
  const desk = new TestDesk();
  const log = createLogger({ role: 'gateway' }, () => undefined);
  const agentSocket = gatewaySocket(folder, 'agent');
  const sessions = await serveSessions({ shells, passes: new PassDesk(desk.passKey), log }, agentSocket);
  const gateway = createGateway({
    desk,
    agentSocket,
    gitSocket: gatewaySocket(folder, 'git'),
    hostKeys: await desk.hostKeys(),
    log,
    limits,
  });
  const server = await listenFor(gateway, '127.0.0.1', 0);
  const { port } = server.address() as AddressInfo;
  const key = generateDeployKeyPair();
  desk.keys.set(key.publicKey.split(' ')[1] ?? '', 'key_1');
  const [identity, known] = [path.join(folder, 'id'), path.join(folder, 'known_hosts')];
  await writeFile(identity, key.privateKey.reveal(), { mode: 0o600 });
  await writeFile(known, `[127.0.0.1]:${port} ${desk.hostKeyLine}\n`);
  const settings = [
    `Port=${port}`,
    `IdentityFile=${identity}`,
    'IdentitiesOnly=yes',
    `UserKnownHostsFile=${known}`,
    'StrictHostKeyChecking=yes',
    'BatchMode=yes',
  ];
  const options = ['-F', '/dev/null', ...settings.flatMap((setting) => ['-o', setting])]; // prettier-ignore
  return {
    desk, port, folder, options,
    ssh: (args, { timeoutMs = 30_000, ...run } = {}) => exec('ssh', [...options, ...args], { timeoutMs, ...run }),
    connections: () => gateway.connections(),
    async dispose() {
      server.close();
      await gateway.close();
      await sessions.close();
      await rm(folder, { recursive: true, force: true });
    },
  }; // prettier-ignore
}
