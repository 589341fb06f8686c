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
export interface Notices {
  /** `null` means: you may have missed some, read again. Returns the unsubscribe function. */
  onEvent(orgId: string, wake: (notice: EventNotice | null) => void): () => void;
  onLog(streamId: string, wake: () => void): () => void;
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
    (streamId) => logs.tell(streamId),
    () => logs.tellAll(),
  );
  return {
    onEvent: (orgId, wake) => events.add(orgId, wake),
    onLog: (streamId, wake) => logs.add(streamId, wake),
    close: () => client.end({ timeout: 2 }),
  };
}
