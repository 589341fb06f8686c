/** One client: who it is, its channels, and what it may not do. Every event of ssh2 that could end the process is handled. */
import { randomBytes } from 'node:crypto';
import type { AuthContext, Connection, ServerChannel } from 'ssh2';
import { AppError } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';
import type { Desk, OpenConnection, SessionGrant } from '#server/ssh/desk.ts';
import type { Doorkeeper, Guest } from '#server/ssh/gateway/doorkeeper.ts';
import type { GatewayLimits } from '#server/ssh/gateway/limits.ts';
import type { ShellRequest } from '#server/runtime/shell-types.ts';
import { type GitQuestion, gitLogin, parseGitCommand } from '#server/ssh/git-wire.ts';
import { serveSession, type ChannelOwner, type Launch, type Launched } from '#server/ssh/gateway/shell-channel.ts';
import { afterInput, cut, isUsable, sendBanner } from '#server/ssh/gateway/ssh2-parts.ts';
import { fingerprintOf, problemOfBlob } from '#server/ssh/public-keys.ts';
import { openSession, ShellClient, type ShellEvents } from '#server/ssh/session-client.ts';
import { isProven } from '#server/ssh/signatures.ts';

export interface GatewayParts {
  desk: Desk;
  /** The agent's session socket. */
  agentSocket: string;
  /** The worker's, for git. */
  gitSocket: string;
  limits: GatewayLimits;
  doorkeeper: Doorkeeper;
  log: Logger;
  /** Fires when the gateway stops. */
  stop: AbortSignal;
  /** How many authenticated connections use this key. */
  connectionsOf(keyId: string): number;
}
/** A connection as it was let in. */
export interface Arrival {
  address: string;
  guest: Guest;
  /** Stops the log-in timer. */
  signedIn(): void;
}
const loopback = /^(?:localhost|127\.0\.0\.1|::1|0\.0\.0\.0|::|)$/i;
const askMs = 10_000;

export class ClientConnection {
  readonly id = `con_${randomBytes(12).toString('hex')}`;
  readonly #connection: Connection;
  readonly #arrival: Arrival;
  readonly #parts: GatewayParts;
  readonly #channels = new Set<ServerChannel>();
  #idleTimer: NodeJS.Timeout | null = null;
  #keyId: string | null = null;
  #login = '';
  #orgId: string | null = null;
  #tries = 0;
  #isHinted = false;
  #reserved = 0;
  #wasUsed = false;
  #isClosed = false;

  constructor(connection: Connection, arrival: Arrival, parts: GatewayParts, onClose: () => void) {
    this.#connection = connection;
    this.#arrival = arrival;
    this.#parts = parts;
    connection.on('error', () => undefined); // the close follows
    connection.once('close', () => this.#close(onClose));
    connection.on('authentication', (context) => void this.#authenticate(context));
    connection.once('ready', () => this.#ready());
    afterInput(connection, () => this.#checkWaiting());
  }

  get keyId(): string | null {
    return this.#keyId;
  }
  /** Null before the first channel. */
  get open(): OpenConnection | null {
    if (this.#keyId === null) return null;
    return { connectionId: this.id, keyId: this.#keyId, orgId: this.#orgId };
  }

  /** Ends it with a sentence in every terminal. */
  end(message: string): void {
    for (const channel of this.#channels) channel.stderr.write(`\r\nslipway: ${message}\r\n`);
    // A client that reads a disconnect shows no more of what came before.
    setTimeout(() => this.#connection.end(), 300).unref();
    setTimeout(() => cut(this.#connection), 1500).unref();
  }

  async #authenticate(context: AuthContext): Promise<void> {
    try {
      await this.#judge(context);
    } catch (error) {
      this.#parts.log.warn('sign-in could not be judged', { error });
      cut(this.#connection);
    }
  }

  async #judge(context: AuthContext): Promise<void> {
    if (context.method !== 'publickey') return context.reject(['publickey']);
    const { key, signature, blob: signed, hashAlgo } = context;
    const fingerprint = fingerprintOf(key.data);
    const found =
      problemOfBlob(key.data) === null
        ? await this.#parts.desk.findKey({ blob: key.data.toString('base64'), fingerprint, address: this.#arrival.address }, this.#limit()) // prettier-ignore
        : { keyId: null, hint: '' };
    if (this.#isClosed) return;
    if (found.keyId === null) return this.#refuse(context, found.hint);
    if (!signature || !signed) return context.accept(); // only asks whether the key is worth signing with
    const proof = { blob: key.data, algorithm: key.algo, hash: hashAlgo, signature, signed };
    if (isProven(proof) !== true) return this.#refuse(context, '');
    if (this.#parts.connectionsOf(found.keyId) >= this.#parts.limits.connectionsPerKey)
      return this.#refuse(context, 'Too many connections with this key are open.');
    this.#keyId = found.keyId; // of this key and of no other that was offered before
    this.#login = context.username.slice(0, 200);
    context.accept();
  }

  #refuse(context: AuthContext, hint: string): void {
    this.#tries += 1;
    if (hint !== '' && !this.#isHinted) {
      this.#isHinted = true;
      sendBanner(this.#connection, hint);
    }
    context.reject(['publickey']);
    if (this.#tries >= this.#parts.limits.authTries) this.#connection.end();
  }

  #ready(): void {
    this.#arrival.signedIn();
    this.#watchIdle();
    const connection = this.#connection;
    connection.on('session', (accept, reject) => {
      if (!this.#reserve()) return reject();
      const session = accept();
      if (!isUsable(session)) return cut(connection);
      session.once('close', () => this.#release());
      serveSession(session, this.#owner());
    });
    connection.on('tcpip', (accept, reject, info) => void this.#dial(accept, reject, info.destIP, info.destPort));
    connection.on('request', (_accept, reject) => reject?.()); // nothing is forwarded to the client
  }

  #owner(): ChannelOwner {
    return {
      connection: this.#connection,
      limits: this.#parts.limits,
      launch: this.#launch,
      opened: (channel) => {
        this.#channels.add(channel);
        return !this.#isClosed;
      },
      closed: (channel) => this.#channels.delete(channel),
    };
  }

  readonly #launch: Launch = async (asked, events) => {
    const { kind } = asked.run;
    if (this.#login === gitLogin) return this.#git(asked, events);
    const grant = await this.#ask(kind === 'sftp' ? 'files' : kind);
    if (grant.kind === 'refused') throw new AppError('forbidden', grant.message);
    const process = await ShellClient.open(this.#parts.agentSocket, grant.pass, asked, events);
    return { process, notice: grant.notice };
  };

  /** The worker serves git and decides there; nothing else is behind this login. */
  async #git({ run, env }: ShellRequest, events: ShellEvents): Promise<Launched> {
    const asked = run.kind === 'command' ? parseGitCommand(run.text) : null;
    if (!asked)
      throw new AppError('bad_input', 'The login git is for git only: clone, fetch and push <organization>/<project>.git.'); // prettier-ignore
    const version = /^version=([12])$/.exec(env['GIT_PROTOCOL'] ?? '')?.[1];
    const question: GitQuestion = {
      ...asked, keyId: this.#keyId ?? '', connectionId: this.id, address: this.#arrival.address, version: version === undefined ? null : version === '2' ? 2 : 1,
    }; // prettier-ignore
    return { process: new ShellClient(await openSession(this.#parts.gitSocket, question), events), notice: '' };
  }

  async #ask(want: 'shell' | 'command' | 'files' | { port: number }): Promise<SessionGrant> {
    const { desk } = this.#parts;
    const keyId = this.#keyId ?? '';
    const query = { keyId, connectionId: this.id, login: this.#login, address: this.#arrival.address, want };
    const grant = await desk.open(query, this.#limit());
    if (grant.kind === 'granted') {
      this.#orgId = grant.orgId;
      this.#wasUsed = true;
    }
    return grant;
  }
  #limit(): AbortSignal {
    return AbortSignal.any([this.#parts.stop, AbortSignal.timeout(askMs)]);
  }

  async #dial(accept: () => ServerChannel, reject: () => void, host: string, port: number): Promise<void> {
    if (!loopback.test(host) || port < 1 || port > 65_535) return reject();
    if (!this.#reserve()) return reject();
    let isOpen = false;
    try {
      const grant = await this.#ask({ port });
      if (grant.kind === 'refused' || this.#isClosed) return reject();
      const upstream = await openSession(this.#parts.agentSocket, { kind: 'dial', pass: grant.pass, port });
      const channel = this.#isClosed ? null : accept();
      if (!channel) return void upstream.destroy();
      isOpen = true;
      channel.on('error', () => upstream.destroy());
      if (!isUsable(channel)) return cut(this.#connection);
      this.#channels.add(channel);
      channel.once('close', () => {
        upstream.destroy();
        this.#channels.delete(channel);
        this.#release();
      });
      upstream.once('close', () => channel.end());
      channel.pipe(upstream);
      upstream.pipe(channel);
    } catch {
      reject();
    } finally {
      if (!isOpen) this.#release();
    }
  }

  /** A place for one more channel, from its opening on: a client may open many and run nothing in them. */
  #reserve(): boolean {
    if (this.#isClosed || this.#reserved >= this.#parts.limits.channels) return false;
    this.#reserved += 1;
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    return true;
  }
  #release(): void {
    this.#reserved -= 1;
    if (this.#reserved === 0) this.#watchIdle();
  }
  #watchIdle(): void {
    if (this.#isClosed) return;
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.#connection.end(), this.#parts.limits.idleMs);
  }

  /** A client that sends more than its window allows is cut off. */
  #checkWaiting(): void {
    let waiting = 0;
    for (const channel of this.#channels) waiting += channel.readableLength;
    if (waiting > this.#parts.limits.waitingBytes + this.#channels.size * 2 * 1024 * 1024) cut(this.#connection);
  }

  #close(onClose: () => void): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#idleTimer) clearTimeout(this.#idleTimer);
    if (this.#keyId === null && this.#tries > 0) this.#parts.doorkeeper.failed(this.#arrival.guest);
    onClose();
    if (this.#wasUsed) this.#parts.desk.closed(this.id, AbortSignal.timeout(askMs)).catch(() => undefined); // the worker is away
  }
}
