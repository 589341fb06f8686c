/** A Git server over ssh for tests: one host key, a list of accepted public keys, `git-upload-pack` and nothing else. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import ssh2 from 'ssh2';
import { newDeployKey } from '#server/source/deploy-key.ts';

export interface GitSshServer {
  /** `127.0.0.1:<port>` */
  host: string;
  port: number;
  /** The host's own key: `ssh-ed25519 AAAA…`. */
  hostKey: string;
  /** Public keys that may read, as `ssh-ed25519 AAAA…`. */
  accepted: string[];
  /** From now on the server shows another host key. */
  changeHostKey(): Promise<void>;
  close(): Promise<void>;
}

const sameKey = (left: string, right: string): boolean => left.split(' ')[1] === right.split(' ')[1];

function serveClient(client: ssh2.Connection, root: string, accepted: readonly string[]): void {
  client.on('error', () => undefined);
  client.on('authentication', (context) => {
    const offered = context.method === 'publickey' ? `ssh-ed25519 ${context.key.data.toString('base64')}` : '';
    if (offered !== '' && accepted.some((key) => sameKey(key, offered))) context.accept();
    else context.reject(['publickey']);
  });
  client.on('session', (accept) => {
    accept().on('exec', (acceptExec, reject, { command }) => {
      const name = /^git-upload-pack '\/?([a-z0-9_.-]+\.git)'$/.exec(command)?.[1];
      if (name === undefined) {
        reject();
        return;
      }
      const channel = acceptExec();
      const backend = spawn('git', ['-c', 'safe.directory=*', 'upload-pack', path.join(root, name)]);
      channel.pipe(backend.stdin).on('error', () => undefined);
      backend.stdout.pipe(channel, { end: false });
      backend.stderr.pipe(channel.stderr, { end: false });
      backend.once('close', (code) => {
        channel.exit(code ?? 1);
        channel.end();
      });
    });
  });
}

export async function startGitSshServer(root: string): Promise<GitSshServer> {
  const accepted: string[] = [];
  let port = 0;
  const listen = async () => {
    const key = newDeployKey('host');
    const clients = new Set<ssh2.Connection>();
    const server = new ssh2.Server({ hostKeys: [key.privateKey.reveal()] }, (client) => {
      clients.add(client);
      serveClient(client, root, accepted);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    // A server that listens on a port has an address object, never a pipe's name.
    port = (server.address() as AddressInfo).port;
    const close = async (): Promise<void> => {
      for (const client of clients) client.end();
      server.close();
      await once(server, 'close');
    };
    return { close, hostKey: key.publicKey.split(' ').slice(0, 2).join(' ') };
  };
  let current = await listen();
  return {
    host: `127.0.0.1:${port}`,
    port,
    accepted,
    get hostKey() {
      return current.hostKey;
    },
    async changeHostKey() {
      await current.close();
      current = await listen();
    },
    close: () => current.close(),
  };
}
