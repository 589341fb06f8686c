/** The one place where our error codes become tRPC's. */
import { tracked, type TrackedEnvelope, TRPCError } from '@trpc/server';
import { AppError, type ErrorCode, isAborted } from '#server/errors.ts';
import type { Logger } from '#server/log.ts';

const codes: Record<ErrorCode, ConstructorParameters<typeof TRPCError>[0]['code']> = {
  bad_input: 'BAD_REQUEST', unauthenticated: 'UNAUTHORIZED', forbidden: 'FORBIDDEN', not_found: 'NOT_FOUND', conflict: 'CONFLICT',
  too_many: 'TOO_MANY_REQUESTS', fenced: 'CONFLICT', unavailable: 'SERVICE_UNAVAILABLE', aborted: 'CLIENT_CLOSED_REQUEST', internal: 'INTERNAL_SERVER_ERROR',
}; // prettier-ignore

/** Errors made on purpose keep their message; everything else is logged and answers without detail. */
export function toTrpcError(error: TRPCError, log: Logger, path: string): TRPCError {
  const cause = error.cause;
  if (cause instanceof AppError) {
    if (cause.code === 'internal') log.error('procedure failed', { path, error: cause });
    return new TRPCError({ code: codes[cause.code], message: cause.message, cause });
  }
  if (error.code !== 'INTERNAL_SERVER_ERROR') return error;
  log.error('procedure failed', { path, error: cause ?? error });
  return new TRPCError({
    code: 'INTERNAL_SERVER_ERROR',
    message: 'Something went wrong on our side. It was logged; try again.',
  });
}

/**
 * A subscription's messages with their ids, for resuming. What a stream throws later than its start does not pass the
 * procedures' middleware, so it is mapped here; an AbortError stays one and breaks the connection.
 */
export async function* trackedStream<T>(
  source: AsyncIterable<readonly [string, T]>,
  log: Logger,
  path: string,
): AsyncGenerator<TrackedEnvelope<T>> {
  try {
    for await (const [id, message] of source) yield tracked(id, message);
  } catch (error) {
    if (isAborted(error)) throw error;
    throw toTrpcError(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: error }), log, path);
  }
}
