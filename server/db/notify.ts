/**
 * LISTEN, on a client of its own. Notifications carry ids only; whoever is woken reads the rows. After a reconnect every
 * subscriber is woken, because what happened meanwhile was not heard.
 */
import postgres from 'postgres';

export interface EventNotice {
  org: string;
  deployment: string;
  release: string | null;
  kind: string;
  seq: number;
}
/** A log has new lines. */
export interface LogNotice {
  stream: string;
  org: string;
  deployment: string;
  release: string | null;
}
export interface Notices {
  /** `null` means: you may have missed some, read again. Returns the unsubscribe function. */
  onEvent(orgId: string, wake: (notice: EventNotice | null) => void): () => void;
  onLog(streamId: string, wake: () => void): () => void;
  /** Every log of an organization. `null` as above. */
  onAnyLog(orgId: string, wake: (notice: LogNotice | null) => void): () => void;
  /** Instances of the organization were measured. `null` as above does not exist: the next round is near. */
  onMetrics(orgId: string, wake: () => void): () => void;
  close(): Promise<void>;
}

class Listeners<T> {
  readonly #byKey = new Map<string, Set<(value: T) => void>>();
  add(key: string, listener: (value: T) => void): () => void {
    const set = this.#byKey.get(key) ?? new Set();
    this.#byKey.set(key, set.add(listener));
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#byKey.get(key) === set) this.#byKey.delete(key);
    };
  }
  tell(key: string, value: T): void {
    for (const listener of this.#byKey.get(key) ?? []) listener(value);
  }
  tellAll(value: T): void {
    for (const key of this.#byKey.keys()) this.tell(key, value);
  }
}

export async function openNotices(url: string): Promise<Notices> {
  const client = postgres(url, {
    max: 1,
    onnotice: () => undefined,
    connection: { application_name: 'slipway-listen' },
  });
  const events = new Listeners<EventNotice | null>();
  const logs = new Listeners<void>();
  const logsOfOrg = new Listeners<LogNotice | null>();
  const metrics = new Listeners<void>();
  await client.listen(
    'slipway_events',
    (payload) => {
      const notice = JSON.parse(payload) as EventNotice;
      events.tell(notice.org, notice);
    },
    () => events.tellAll(null),
  );
  await client.listen(
    'slipway_logs',
    (payload) => {
      const notice = JSON.parse(payload) as LogNotice;
      logs.tell(notice.stream);
      logsOfOrg.tell(notice.org, notice);
    },
    () => {
      logs.tellAll();
      logsOfOrg.tellAll(null);
    },
  );
  await client.listen('slipway_metrics', (orgId) => metrics.tell(orgId));
  return {
    onEvent: (orgId, wake) => events.add(orgId, wake),
    onLog: (streamId, wake) => logs.add(streamId, wake),
    onAnyLog: (orgId, wake) => logsOfOrg.add(orgId, wake),
    onMetrics: (orgId, wake) => metrics.add(orgId, wake),
    close: () => client.end({ timeout: 2 }),
  };
}
