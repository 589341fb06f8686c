/** One session channel: what the client asks for before, the process, and how it ended. */
import type { Connection, ServerChannel, Session } from 'ssh2';
import { AppError } from '#server/errors.ts';
import type { ShellRequest } from '#server/runtime/shell-types.ts';
import type { SessionExit } from '#server/ssh/frames.ts';
import type { GatewayLimits } from '#server/ssh/gateway/limits.ts';
import { Pump } from '#server/ssh/gateway/pump.ts';
import { ShellClient, type ShellEvents } from '#server/ssh/session-client.ts';
import { longestCommand } from '#server/ssh/shell-wire.ts';

/** What starts when the client asked: a shell in an instance, or a git command. */
export type Launch = (asked: ShellRequest, events: ShellEvents) => Promise<Launched>;
export interface Launched {
  process: ShellProcess;
  /** Shown before the process's own output, in terminals only. */
  notice: string;
}
export type ShellProcess = Pick<ShellClient, 'start' | 'write' | 'endInput' | 'resize' | 'signal' | 'pause' | 'resume' | 'close'>; // prettier-ignore

/** What may come from the client's environment; no loader, no shell option, nothing of ours. */
const passedOn = /^(?:LANG|LC_[A-Z]{1,20}|COLORTERM|TERM_PROGRAM|TERM_PROGRAM_VERSION|TZ|NO_COLOR|GIT_PROTOCOL)$/;
const refusedCode = 255;

export interface ChannelOwner {
  connection: Connection;
  limits: GatewayLimits;
  launch: Launch;
  /** The channel carries data from here; answers false when it must not be opened. */
  opened(channel: ServerChannel): boolean;
  closed(channel: ServerChannel): void;
}

export function serveSession(session: Session, owner: ChannelOwner): void {
  const env: Record<string, string> = {};
  const forwarded: string[] = [];
  let tty: ShellRequest['tty'] = null;
  let asked = 0;
  let shell: ShellChannel | null = null;
  session.on('error', () => undefined);
  session.on('env', (accept, reject, { key, val }) => {
    asked += 1;
    const value = String(val);
    if (asked > owner.limits.environment || !passedOn.test(key) || !/^[\x20-\x7e]{0,200}$/.test(value)) return reject?.(); // prettier-ignore
    env[key] = value;
    accept?.();
  });
  session.on('pty', (accept, _reject, info) => {
    const term = /^[A-Za-z0-9._+-]{1,64}$/.test(String(Reflect.get(info, 'term'))) ? String(Reflect.get(info, 'term')) : 'xterm'; // prettier-ignore
    tty = { term, cols: info.cols & 0xffff, rows: info.rows & 0xffff };
    accept?.();
  });
  session.on('window-change', (accept, _reject, info) => {
    const size = { cols: info.cols & 0xffff, rows: info.rows & 0xffff };
    if (tty) tty = { ...tty, ...size };
    shell?.resize(size);
    accept?.();
  });
  session.on('signal', (accept, _reject, { name }) => {
    shell?.signal(String(name));
    accept?.();
  });
  session.on('auth-agent', (_accept, reject) => {
    forwarded.push('agent forwarding');
    reject?.();
  });
  session.on('x11', (_accept, reject) => {
    forwarded.push('X11 forwarding');
    reject?.();
  });
  const begin = (accept: () => ServerChannel | undefined, run: ShellRequest['run'] | null): void => {
    const channel = accept();
    if (!channel) return; // the client has ended the session already
    if (!owner.opened(channel)) return channel.close();
    shell = new ShellChannel(channel, owner, { run: run ?? { kind: 'shell' }, tty, env }, forwarded);
    if (run) void shell.begin();
    else shell.refuse('This command is too long.');
  };
  session.on('shell', (accept) => begin(accept, { kind: 'shell' }));
  session.on('exec', (accept, _reject, { command }) => {
    const isFine = command.length <= longestCommand && !command.includes('\0');
    begin(accept, isFine ? { kind: 'command', text: command } : null);
  });
  session.on('subsystem', (accept, reject, { name }) => {
    if (name === 'sftp') begin(accept, { kind: 'sftp' });
    else reject?.();
  });
}

class ShellChannel {
  readonly #channel: ServerChannel;
  readonly #owner: ChannelOwner;
  readonly #request: ShellRequest;
  readonly #forwarded: readonly string[];
  readonly #pump: Pump;
  #process: ShellProcess | null = null;
  #isClosed = false;
  #size: { cols: number; rows: number } | null = null;

  constructor(channel: ServerChannel, owner: ChannelOwner, request: ShellRequest, forwarded: readonly string[]) {
    this.#channel = channel;
    this.#owner = owner;
    this.#request = request;
    this.#forwarded = forwarded;
    this.#pump = new Pump(owner.connection, channel, owner.limits.waitingBytes, () => this.#process?.resume());
    channel.on('error', () => undefined);
    channel.stderr.on('error', () => undefined);
    channel.once('close', () => this.#close());
  }

  async begin(): Promise<void> {
    try {
      const { process, notice } = await this.#owner.launch(this.#request, {
        output: (data, isError) => {
          if (!this.#pump.push(data, isError)) this.#process?.pause();
        },
        drain: () => this.#channel.resume(),
        end: (exit, problem) => this.#end(exit, problem),
      });
      if (this.#isClosed) return process.close();
      this.#process = process;
      this.#greet(notice);
      if (this.#size) process.resize(this.#size);
      process.start();
      this.#channel.on('data', (data: Buffer) => {
        if (!process.write(data)) this.#channel.pause();
      });
      this.#channel.once('end', () => process.endInput());
    } catch (error) {
      this.refuse(error instanceof AppError ? error.message : 'The session failed.');
    }
  }

  refuse(message: string): void {
    this.#end({ code: refusedCode, signal: null }, message);
  }
  resize(size: { cols: number; rows: number }): void {
    this.#size = size;
    this.#process?.resize(size);
  }
  signal(name: string): void {
    this.#process?.signal(name);
  }

  /** Only where a person looks on: programs read the other streams. */
  #greet(notice: string): void {
    if (this.#request.tty === null || this.#request.run.kind !== 'shell') return;
    const refused = this.#forwarded.map((what) => `There is no ${what} here.`);
    this.#say([notice, ...refused].filter(Boolean).join('\n'));
  }
  #say(text: string): void {
    const lineEnd = this.#request.tty ? '\r\n' : '\n';
    this.#pump.push(Buffer.from(`${text.replaceAll('\n', lineEnd)}${lineEnd}`), true);
  }

  #end(exit: SessionExit | null, problem: string | null): void {
    if (this.#isClosed) return;
    if (problem !== null) this.#say(`slipway: ${problem}`);
    this.#pump.whenEmpty(() => {
      const { code, signal } = exit ?? { code: refusedCode, signal: null };
      if (signal === null) this.#channel.exit(code ?? refusedCode);
      else this.#channel.exit(signal, false, '');
      this.#channel.end();
      this.#channel.resume(); // what the client still sends is dropped, so that the channel can close
    });
  }
  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#process?.close();
    this.#owner.closed(this.#channel);
  }
}
