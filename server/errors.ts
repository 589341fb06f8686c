/**
 * The one error class. Everything that fails on purpose throws an `AppError` with a code; transports map the code once
 * (tRPC in `server/api/trpc.ts`, the agent in `server/agent/rpc.ts`). Never classify an error by its words.
 */
import { brandOf, isBranded } from '#server/brand.ts';

export const errorCodes = [
  'bad_input', // the caller can fix it; `field` names where
  'unauthenticated',
  'forbidden',
  'not_found', // also for other organizations' ids, with the same bytes
  'conflict', // the state does not allow it (any more)
  'too_many', // a limit was hit; `retryAfterSeconds` may be set
  'fenced', // the caller's lease is older than one already seen: stop at once
  'unavailable', // engine, edge, database or network is away: try again
  'aborted', // the AbortSignal fired
  'internal',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

export interface ErrorDetails {
  /** Dotted path of the input field at fault. */
  field?: string | undefined;
  retryAfterSeconds?: number | undefined;
  /** What went wrong underneath. Logged, never shown. */
  cause?: unknown;
}

const brand = brandOf('AppError');
export class AppError extends Error {
  readonly [brand] = true;
  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass asks for itself, not for every failure.
    return this === AppError ? isBranded(value, brand) : super[Symbol.hasInstance](value);
  }
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  /** @param message shown to the user: what happened and what to do; never a path, a stack or SQL. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AppError';
    this.code = code;
    this.field = details.field;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

export const badInput = (field: string, message: string): AppError => new AppError('bad_input', message, { field });
export const notFound = (): AppError => new AppError('not_found', 'Not found, or you have no access to it.');

/** True for failures that go away by themselves, so that the same step is tried again. */
export const isRetryable = (error: unknown): boolean => error instanceof AppError && error.code === 'unavailable';
export const isAborted = (error: unknown): boolean =>
  (error instanceof AppError && error.code === 'aborted') || (error instanceof Error && error.name === 'AbortError');
