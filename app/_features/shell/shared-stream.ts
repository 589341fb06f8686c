/**
 * One event stream per browser, for all its tabs: a browser opens six connections per host on HTTP/1.1, and each stream
 * would keep one. The tab that holds the lock follows the server and passes on what it hears; when it closes, the next
 * tab takes over from the last position that it heard of.
 */
export interface StreamMessage<Event> {
  /** Position to resume from. */
  id: string;
  event: Event;
}
export type StreamState = 'live' | 'connecting';
export interface StreamHandlers<Event> {
  onMessage: (message: StreamMessage<Event>) => void;
  onState: (state: StreamState) => void;
}
/** Opens the real stream after a position; returns how to close it. */
export type OpenStream<Event> = (after: string | null, handlers: StreamHandlers<Event>) => () => void;

type Note<Event> =
  { kind: 'message'; message: StreamMessage<Event> } | { kind: 'state'; state: StreamState } | { kind: 'join' };

/**
 * Follows the shared stream of that name until the returned function is called. `onJoin` is called once this tab hears the
 * stream: what it showed before may be older than that.
 */
export function followShared<Event>(
  name: string,
  open: OpenStream<Event>,
  handlers: StreamHandlers<Event> & { onJoin: () => void },
): () => void {
  const stop = new AbortController();
  const channel = new BroadcastChannel(name);
  const say = (note: Note<Event>): void => channel.postMessage(note);
  let last: string | null = null;
  let state: StreamState = 'connecting';
  let joined = false;
  const hear = (note: Note<Event>): void => {
    if (note.kind === 'message') {
      last = note.message.id;
      handlers.onMessage(note.message);
    }
    if (note.kind !== 'state') return;
    state = note.state;
    handlers.onState(state);
    if (state === 'live' && !joined) {
      joined = true;
      handlers.onJoin();
    }
  };
  channel.addEventListener('message', ({ data }: MessageEvent<Note<Event>>) => hear(data));
  const lead = async (): Promise<void> => {
    const tell = (note: Note<Event>): void => {
      hear(note);
      say(note);
    };
    const close = open(last, {
      onMessage: (message) => tell({ kind: 'message', message }),
      onState: (now) => tell({ kind: 'state', state: now }),
    });
    const answer = ({ data }: MessageEvent<Note<Event>>): void => {
      if (data.kind === 'join') say({ kind: 'state', state });
    };
    channel.addEventListener('message', answer);
    await new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }));
    close();
  };
  say({ kind: 'join' });
  // Outside a secure context there are no locks: the tab follows for itself.
  if (!('locks' in navigator)) void lead();
  else navigator.locks.request(name, { signal: stop.signal }, lead).catch(() => undefined); // rejects only when we stop waiting
  return () => {
    stop.abort();
    channel.close();
  };
}
