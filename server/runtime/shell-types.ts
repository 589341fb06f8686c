/**
 * Port: ShellDriver. The half of a session that people have: a process beside those of an instance, or a connection to a
 * port of its own. The other half, what the engine reads, is SessionDriver.
 */
import type { Duplex } from 'node:stream';

export interface ShellRequest {
  /** `shell`: the user's own, interactive. `command`: by the image's shell. `sftp`: the file server. */
  run: { kind: 'shell' } | { kind: 'command'; text: string } | { kind: 'sftp' };
  tty: { term: string; cols: number; rows: number } | null;
  env: Readonly<Record<string, string>>;
}

/** Where the session helper of an instance waits for whoever shows the ticket. */
export interface Invitation {
  host: string;
  port: number;
  ticket: string;
}

export interface ShellDriver {
  /**
   * An invitation to the instance's session helper, for this one request and a few seconds; null when the instance has
   * no helper: then `serve`.
   * @throws AppError not_found, conflict (it does not run), unavailable
   */
  invite(instanceId: string, request: ShellRequest, signal: AbortSignal): Promise<Invitation | null>;
  /** An invitation to a connection with a port of the instance's own loopback; null without a helper. */
  inviteDial(instanceId: string, port: number, signal: AbortSignal): Promise<Invitation | null>;
  /**
   * Runs the request and speaks frames (`server/ssh/frames.ts`) on the connection until either end is gone; the process
   * ends with it. Resolves once the process was started.
   * @param accept gives the connection; called when nothing can be refused any more.
   * @throws AppError not_found, conflict, unavailable
   */
  serve(instanceId: string, request: ShellRequest, accept: () => Duplex, signal: AbortSignal): Promise<void>;
  /** Joins the connection with a port of the instance. @throws AppError not_found, conflict, unavailable */
  serveDial(instanceId: string, port: number, accept: () => Duplex, signal: AbortSignal): Promise<void>;
}
