/** Who may knock: connections that are not authenticated yet are few, and networks that fail again and again wait outside. Pure but for its clock. */
import { networkOf } from '#server/auth/attempts.ts';
import type { GatewayLimits } from '#server/ssh/gateway/limits.ts';

export interface Guest {
  network: string;
  /** Ends the connection: somebody newer needs the place. */
  evict(): void;
}
interface Record {
  failures: number[];
  bannedUntil: number;
}

export class Doorkeeper {
  readonly #limits: GatewayLimits;
  readonly #now: () => number;
  /** In the order in which they came. */
  readonly #guests = new Set<Guest>();
  readonly #records = new Map<string, Record>();

  constructor(limits: GatewayLimits, now: () => number = Date.now) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Null for a network that is shut out. Makes room by ending the oldest of the network that has most. */
  admit(address: string, evict: () => void): Guest | null {
    const network = networkOf(address);
    if ((this.#records.get(network)?.bannedUntil ?? 0) > this.#now()) return null;
    const guest = { network, evict };
    this.#guests.add(guest);
    const same = [...this.#guests].filter((other) => other.network === network);
    if (same.length > this.#limits.unauthenticatedPerNetwork) this.#evict(same[0]);
    if (this.#guests.size > this.#limits.unauthenticated) this.#evict(this.#oldestOfTheMost());
    return guest;
  }

  /** The connection authenticated, or is gone. */
  leave(guest: Guest): void {
    this.#guests.delete(guest);
  }

  /** Tried and could not prove who it is. */
  failed(guest: Guest): void {
    const { failureWindowMs, failures, banMs, networks } = this.#limits;
    const now = this.#now();
    const record = this.#records.get(guest.network) ?? { failures: [], bannedUntil: 0 };
    record.failures = [...record.failures.filter((at) => at > now - failureWindowMs), now];
    if (record.failures.length >= failures) record.bannedUntil = now + banMs;
    this.#records.delete(guest.network);
    this.#records.set(guest.network, record); // the newest last
    const [first] = this.#records.keys();
    if (this.#records.size > networks && first !== undefined) this.#records.delete(first);
  }

  #oldestOfTheMost(): Guest | undefined {
    const counts = new Map<string, number>();
    for (const { network } of this.#guests) counts.set(network, (counts.get(network) ?? 0) + 1);
    const most = [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0];
    return [...this.#guests].find((guest) => guest.network === most);
  }
  #evict(guest: Guest | undefined): void {
    if (!guest) return;
    this.#guests.delete(guest);
    guest.evict();
  }
}
