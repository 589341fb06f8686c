/** What a request brings: the process's services, who asks, and from where. */
import type { Person, Services } from '#server/usecases/context.ts';

export interface ApiContext {
  services: Services;
  person: Person | null;
  /** Address of the client as the edge saw it; the only one that limits count. */
  address: string;
  userAgent: string;
}
