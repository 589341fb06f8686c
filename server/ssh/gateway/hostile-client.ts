/** For tests: ssh2 as a client that means no good. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import ssh2 from 'ssh2';
import type { AnyAuthMethod, ConnectConfig } from 'ssh2';
import { generateDeployKeyPair } from '#server/auth/deploy-key.ts';

/** The attacker's own key, registered; and a victim's, registered too, whose private half the attacker has not. */
export const own = generateDeployKeyPair();
export const victim = generateDeployKeyPair();
export const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');
const clients = new Set<ssh2.Client>();
/** Ends every client that was made. */
export function dropClients(): void {
  for (const client of clients) client.destroy();
  clients.clear();
}

export interface Outcome {
  isIn: boolean;
  client: ssh2.Client;
}
/** Resolves when the client is in, or is not. */
export function enter(config: ConnectConfig, gateway: { port: number }): Promise<Outcome> {
  const client = new ssh2.Client();
  clients.add(client);
  return new Promise((resolve) => {
    client.on('error', () => resolve({ isIn: false, client }));
    client.once('ready', () => resolve({ isIn: true, client }));
    client.once('close', () => resolve({ isIn: false, client }));
    try {
      client.connect({ host: '127.0.0.1', port: gateway.port, username: 'web', readyTimeout: 20_000, ...config });
    } catch {
      resolve({ isIn: false, client }); // the library refuses to send this
    }
  });
}
export const enterWithOwnKey = (gateway: { port: number }, config: ConnectConfig = {}): Promise<Outcome> =>
  enter({ privateKey: own.privateKey.reveal(), ...config }, gateway);
export function run(client: ssh2.Client, command: string, env: Record<string, string> = {}): Promise<{ code: number | null; text: string }> {
  return new Promise((resolve) => {
    client.exec(command, { env: { NODE_ENV: 'test', ...env } }, (error, channel) => {
      if (error) return resolve({ code: null, text: String(error) });
      let text = '';
      channel.on('data', (data: Buffer) => (text += data.toString()));
      channel.stderr.on('data', (data: Buffer) => (text += data.toString()));
      channel.on('close', (code: number | null) => resolve({ code, text }));
    });
  });
} // prettier-ignore

/** Offers the victim's key, and signs in whatever way the attack says. */
class ForgingAgent extends ssh2.BaseAgent {
  readonly #how: string;
  constructor(how: string) {
    super();
    this.#how = how;
  }
  getIdentities(done: (error: Error | undefined, keys?: Buffer[]) => void): void {
    done(undefined, [blobOf(victim.publicKey)]);
  }
  sign(_key: unknown, data: Buffer, options: unknown, done?: (error: Error | undefined, signature?: Buffer) => void): void {
    const answer = typeof options === 'function' ? (options as typeof done) : done;
    const attacker = generateKeyPairSync('ed25519').privateKey;
    const signatures: Record<string, Buffer> = {
      'other-key': sign(null, data, attacker), empty: Buffer.alloc(0), 'other-data': sign(null, randomBytes(50), attacker),
      random: randomBytes(64), long: Buffer.alloc(9000, 1),
    };
    answer?.(undefined, signatures[this.#how]);
  }
} // prettier-ignore

export function methodsOf(names: readonly string[], signature: string): AnyAuthMethod[] {
  const username = 'web';
  const methods: Record<string, AnyAuthMethod> = {
    none: { type: 'none', username },
    password: { type: 'password', username, password: 'slipway' },
    'keyboard-interactive': { type: 'keyboard-interactive', username, prompt: (_name, _text, _lang, _prompts, finish) => finish(['slipway']) },
    hostbased: { type: 'hostbased', username, key: own.privateKey.reveal(), localHostname: 'localhost', localUsername: 'root' },
    victim: { type: 'agent', username, agent: new ForgingAgent(signature) },
    unknown: { type: 'publickey', username, key: generateDeployKeyPair().privateKey.reveal() },
    renamed: { type: 'publickey', username: 'root', key: own.privateKey.reveal() },
    own: { type: 'publickey', username, key: own.privateKey.reveal() },
  }; // prettier-ignore
  return names.flatMap((name) => methods[name] ?? []);
}
