/** Limits of the gateway (R21). Times in milliseconds. Larger than the rule where editors and tests with real clients need more; `DECISIONS.md` says why. */
export const gatewayLimits = {
  /** From accepting a connection until it is authenticated. */
  loginMs: 20_000,
  /** Keys that one connection may try in vain. */
  authTries: 6,
  /** Connections that have not authenticated: of everybody, and of one network. */
  unauthenticated: 100,
  unauthenticatedPerNetwork: 40,
  /** Failed connections of one network in the window before it is shut out. */
  failures: 30,
  failureWindowMs: 10 * 60_000,
  banMs: 60 * 60_000,
  /** Networks that are remembered. */
  networks: 10_000,
  connections: 2000,
  connectionsPerKey: 200,
  /** Open at once on one connection: an editor opens about twenty. */
  channels: 64,
  /** Environment requests of one session. */
  environment: 32,
  /** A connection without an open channel, as ControlPersist leaves it. */
  idleMs: 30 * 60_000,
  /** How often rights are read again: who lost them is out within 10 s. */
  recheckMs: 3000,
  /** Bytes of one connection that may wait in the gateway, to either side. */
  waitingBytes: 8 * 1024 * 1024,
} as const;
export type GatewayLimits = { [K in keyof typeof gatewayLimits]: number };
