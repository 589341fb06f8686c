/**
 * Port: what the gateway asks of the worker, who has the database. The gateway proves who somebody is (the signature);
 * everything that follows from it is decided behind this desk, anew for every channel.
 */
export interface SessionQuery {
  keyId: string;
  /** Chosen by the gateway for one connection; audit entries carry it. */
  connectionId: string;
  /** The user name of the SSH connection: `<handle>` or `<component>.<handle>`. */
  login: string;
  /** Address of the client. */
  address: string;
  want: 'shell' | 'command' | 'files' | { port: number };
}
export type SessionGrant =
  | {
      kind: 'granted';
      /** For the agent; good for seconds and one use. */
      pass: string;
      orgId: string;
      deploymentId: string;
      instanceId: string;
      /** Shown in a terminal before the shell; may be several lines. */
      notice: string;
    }
  /** A sentence for the person, and what to do about it. */
  | { kind: 'refused'; message: string };

/** A connection that has at least one channel open. */
export interface OpenConnection {
  connectionId: string;
  keyId: string;
  /** Null for a connection that only used git. */
  orgId: string | null;
}

export interface Desk {
  /** Private host keys in OpenSSH's form, the preferred one first. Made by `up`, the same for ever. */
  hostKeys(signal: AbortSignal): Promise<string[]>;
  /** By the key's whole blob, base64. `hint` is for a key that nobody has: what to do, or empty where somebody knows already. */
  findKey(
    query: { blob: string; fingerprint: string; address: string },
    signal: AbortSignal,
  ): Promise<{ keyId: string } | { keyId: null; hint: string }>;
  open(query: SessionQuery, signal: AbortSignal): Promise<SessionGrant>;
  /** Those that lost their right, each with a sentence why. */
  expired(
    connections: readonly OpenConnection[],
    signal: AbortSignal,
  ): Promise<{ connectionId: string; message: string }[]>;
  /** The connection ended; its audit entry gets its length. */
  closed(connectionId: string, signal: AbortSignal): Promise<void>;
}
