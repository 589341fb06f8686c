/**
 * One signal for the end of the web process. Kept on `globalThis`, because routes and instrumentation are separate module
 * graphs. Open streams end by it: the server waits for them without limit otherwise.
 */
const shared = globalThis as { slipwayStop?: AbortController };

function controller(): AbortController {
  if (shared.slipwayStop) return shared.slipwayStop;
  const made = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => made.abort());
  shared.slipwayStop = made;
  return made;
}
export const shutdown: AbortSignal = controller().signal;

/** When a subscription ends: its reader went away, or the process stops. */
export const streamSignals = (request: AbortSignal | undefined): { request: AbortSignal; shutdown: AbortSignal } => ({
  request: request ?? new AbortController().signal,
  shutdown,
});
