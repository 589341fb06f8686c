/**
 * Port: EdgeDriver. The edge sends requests to instances. One publication holds all routes of one deployment and takes
 * effect atomically. HAProxy and a fake implement it and pass one contract suite (`contract.ts`).
 */
export interface EdgeServer {
  /** Instance id. */
  name: string;
  address: string;
  port: number;
}
export interface EdgeTargetSettings {
  /** Time to first byte in ms. */
  responseTimeoutMs: number;
  tunnelTimeoutMs: number;
  /** Concurrent requests per instance; more wait. */
  maxConnections: number;
  /** Waiting requests per instance before 503; 0 is no limit. */
  queueLimit: number;
}
/**
 * Keeps new requests of a target at the edge, unanswered, until a later publication leaves it out. The time counts from
 * the publication; after it nothing waits any more, whoever is left to end it: requests go to the target's servers.
 */
export interface EdgeHold {
  /** How long the hold lasts, and how long one request waits at most, in ms. */
  limitMs: number;
  /** Requests that wait at once; more are answered 503 with Retry-After. Of a body at most one buffer (32 kB) is taken in. */
  maxRequests: number;
}
export interface EdgeTarget {
  /** Component id: its backend is kept over generations in which servers and settings are equal. */
  key: string;
  servers: readonly EdgeServer[];
  settings: EdgeTargetSettings;
  hold?: EdgeHold | undefined;
  /** `host` lower case without port; `path` a prefix of whole segments, `/` for all. */
  routes: readonly { host: string; path: string }[];
}
/** A host that has no instances to answer: a page says why. */
export interface EdgeNotice {
  host: string;
  state: 'not-deployed' | 'stopped' | 'suspended' | 'starting' | 'maintenance';
}
export interface Publication {
  deploymentId: string;
  /** Shown to the application's clients as `X-Slipway-Release` and used in reports. */
  releaseId: string;
  /** Grows by one per publication of the deployment. */
  generation: number;
  targets: readonly EdgeTarget[];
  notices: readonly EdgeNotice[];
}
export interface TrafficCount {
  requests: number;
  /** Answers with 5xx made by the edge, refused and aborted connections. */
  failed: number;
  /** Requests that came while the target was held, those refused among them. */
  held: number;
  bytesIn: number;
  bytesOut: number;
}

export interface EdgeDriver {
  /**
   * Makes the publication the deployment's routes: state to disk first, then run time; requests in flight go on.
   * The same generation again repeats it safely; an older one, other content under the same generation, and a route of
   * another deployment or of the dashboard are refused. @throws conflict, unavailable, too_many when the edge is full
   */
  publish(publication: Publication, signal: AbortSignal): Promise<void>;
  /** The generation in force at run time for the deployment on every edge in rotation; null when none. */
  confirmed(deploymentId: string, signal: AbortSignal): Promise<number | null>;
  /** Gives servers outside the generation in force, or of a held target, no new requests and answers how many connections they still hold, old processes of a reload included. */
  drain(deploymentId: string, serverNames: readonly string[], signal: AbortSignal): Promise<{ open: number }>;
  /** Takes servers out for good; what is open is cut. Answers how many were cut. Fine when they are gone. @throws conflict when the generation in force names one in a target that is not held, unavailable */
  remove(deploymentId: string, serverNames: readonly string[], signal: AbortSignal): Promise<{ cut: number }>;
  /** Counters per component since the edge first knew it, kept over reloads. */
  traffic(deploymentId: string, signal: AbortSignal): Promise<Record<string, TrafficCount>>;
  /** Forgets the deployment: all routes, servers and counters. */
  withdraw(deploymentId: string, signal: AbortSignal): Promise<void>;
}
