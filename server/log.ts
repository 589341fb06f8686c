/** Our own log: one JSON object per line on stdout. Secrets print as `[secret]` by their type. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  child(fields: Record<string, unknown>): Logger;
}

/** The database client puts the values of a failed statement into its message: hashes, e-mail addresses, sealed secrets. */
function withoutValues(error: Error): { message: string; stack: string | undefined } {
  const { message, stack } = error;
  if (!('params' in error && 'query' in error && typeof error.query === 'string')) return { message, stack };
  const shown = `Failed query: ${error.query}`;
  return { message: shown, stack: stack?.replace(message, () => shown) };
}

const describe = (value: unknown): unknown =>
  value instanceof Error
    ? { name: value.name, ...withoutValues(value), ...(value.cause ? { cause: describe(value.cause) } : {}) }
    : value;

export function createLogger(
  base: Record<string, unknown>,
  write: (line: string) => void = (line) => process.stdout.write(line),
): Logger {
  const emit = (level: LogLevel, message: string, fields: Record<string, unknown> = {}): void => {
    const shown = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, describe(value)]));
    write(`${JSON.stringify({ at: new Date().toISOString(), level, message, ...base, ...shown })}\n`);
  };
  return {
    debug: (message, fields) => emit('debug', message, fields),
    info: (message, fields) => emit('info', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    error: (message, fields) => emit('error', message, fields),
    child: (fields) => createLogger({ ...base, ...fields }, write),
  };
}
