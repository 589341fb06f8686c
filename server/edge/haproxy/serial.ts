import { AppError } from '#server/errors.ts';

/** Runs one piece of work at a time, in the order of the calls. A caller whose signal fires while it waits is skipped. */
export type Serial = <T>(signal: AbortSignal, work: () => Promise<T>) => Promise<T>;

export function createSerial(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  return (signal, work) => {
    const run = last.then(() => {
      if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause: signal.reason });
      return work();
    });
    last = run.catch(() => undefined);
    return run;
  };
}
