/** A build as one stream: what happened, in order, then the result. */
import type { BuildEngine, BuildEvent, BuildRequest, BuildResult } from '#server/build/types.ts';

export type BuildMessage = { kind: 'events'; events: BuildEvent[] } | { kind: 'result'; result: BuildResult };

/** Events that come while the reader is busy travel together. Ends the build when the reader leaves. */
export async function* buildMessages(
  builds: BuildEngine,
  request: BuildRequest,
  signal: AbortSignal,
): AsyncGenerator<BuildMessage> {
  const left = new AbortController();
  let events: BuildEvent[] = [];
  let wake: () => void = () => undefined;
  const note = (event: BuildEvent): void => {
    events.push(event);
    wake();
  };
  let isOver = false;
  const build = builds.build(request, note, AbortSignal.any([signal, left.signal])).finally(() => {
    isOver = true;
    wake();
  });
  build.catch(() => undefined); // thrown below, after the events that came before it
  try {
    for (;;) {
      if (events.length > 0) {
        const together = events;
        events = [];
        yield { kind: 'events', events: together };
      } else if (isOver) {
        yield { kind: 'result', result: await build };
        return;
      } else {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await promise;
      }
    }
  } finally {
    left.abort();
  }
}
