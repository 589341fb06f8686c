/** One after the other per key; other keys go on meanwhile. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Takes all keys at once, in one order, so that two callers never wait for each other. */
  async take<T>(keys: readonly string[], work: () => Promise<T>): Promise<T> {
    const [first, ...rest] = [...new Set(keys)].toSorted();
    if (first === undefined) return work();
    const turn = (this.#last.get(first) ?? Promise.resolve()).catch(() => undefined).then(() => this.take(rest, work));
    this.#last.set(first, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(first) === turn) this.#last.delete(first);
    }
  }
}
