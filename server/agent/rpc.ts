/** The one place where errors are put on the agent's wire and taken off it: the code survives, the cause stays behind. */
import { TRPCClientError } from '@trpc/client';
import type { TRPCError } from '@trpc/server';
import * as z from 'zod';
import { AppError, errorCodes, isAborted } from '#server/errors.ts';

const wireError = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  field: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
});
export type WireError = z.output<typeof wireError>;
const carried = z.object({ app: wireError });

export function toWire(error: TRPCError): WireError {
  const { cause } = error;
  if (cause instanceof AppError)
    return {
      code: cause.code,
      message: cause.message,
      ...(cause.field === undefined ? {} : { field: cause.field }),
      ...(cause.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: cause.retryAfterSeconds }),
    };
  if (error.code === 'BAD_REQUEST') return { code: 'bad_input', message: 'The agent does not accept this call.' };
  if (isAborted(cause) || error.code === 'CLIENT_CLOSED_REQUEST') return { code: 'aborted', message: 'Cancelled.' };
  return { code: 'internal', message: 'The agent failed.' };
}

/** An error of the client's side: what the agent said, or `unavailable` when it said nothing. */
export function fromWire(error: unknown, signal: AbortSignal): AppError {
  if (error instanceof AppError) return error;
  if (signal.aborted) return new AppError('aborted', 'Cancelled.', { cause: signal.reason });
  const said = error instanceof TRPCClientError ? carried.safeParse(error.data) : null;
  if (!said?.success) return new AppError('unavailable', 'The agent does not answer.', { cause: error });
  const { code, message, field, retryAfterSeconds } = said.data.app;
  return new AppError(code, message, { field, retryAfterSeconds, cause: error });
}
