/** What is on disk, kept in memory: read once, and never over something that was set while it was read. */
export interface Memory<T> {
  get(): Promise<T>;
  set(value: T): void;
}

/** @param load reads what was saved last; a failed read is tried again at the next `get`. */
export function createMemory<T extends object>(load: () => Promise<T>): Memory<T> {
  let known: T | undefined;
  let loading: Promise<T> | undefined;
  return {
    async get() {
      if (known) return known;
      loading ??= load().finally(() => (loading = undefined));
      const loaded = await loading;
      return (known ??= loaded);
    },
    set(value) {
      known = value;
    },
  };
}
