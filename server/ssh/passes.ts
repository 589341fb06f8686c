/**
 * Passes: the worker, which authorizes, signs what the gateway may ask of the agent. The gateway carries them and can
 * make none, so who takes over the gateway gets into no instance without asking the worker, where it is written down.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export type PassUse = { kind: 'shell' } | { kind: 'dial'; port: number };
const lifeMs = 20_000;

const mac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const useText = (use: PassUse): string => (use.kind === 'shell' ? 'shell' : `dial-${use.port}`);

/** A pass for one instance and one use, good for 20 s. */
export function signPass(key: Buffer, instanceId: string, use: PassUse, now: Date): string {
  const text = [instanceId, useText(use), now.getTime() + lifeMs, randomBytes(9).toString('base64url')].join('.');
  return `${text}.${mac(key, text).toString('base64url')}`;
}

export class PassDesk {
  readonly #key: Buffer;
  readonly #now: () => number;
  /** Passes that were used, until they would be over anyway. */
  readonly #used = new Map<string, number>();

  constructor(key: Buffer, now: () => number = Date.now) {
    this.#key = key;
    this.#now = now;
  }

  /** The instance that the pass opens for this use, once; null for a forged, used, old or other one. */
  redeem(pass: string, use: PassUse): string | null {
    const now = this.#now();
    for (const [known, until] of this.#used) {
      if (until >= now) break;
      this.#used.delete(known);
    }
    const cut = pass.lastIndexOf('.');
    const text = pass.slice(0, cut);
    const given = Buffer.from(pass.slice(cut + 1), 'base64url');
    const wanted = mac(this.#key, text);
    if (cut < 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
    const [instanceId = '', useOf, until] = text.split('.');
    if (useOf !== useText(use) || Number(until) < now || this.#used.has(text)) return null;
    this.#used.set(text, Number(until));
    return instanceId;
  }
}
