/** The first lines on the agent's session socket: what is asked for, and the answer. */
import * as z from 'zod';
import { errorCodes } from '#server/errors.ts';

const dimension = z.number().int().min(0).max(65_535);
/** A command's text is one argument of a process: the kernel takes 128 KiB. */
export const longestCommand = 120_000;

export const shellRequest = z.strictObject({
  run: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('shell') }),
    z.strictObject({ kind: z.literal('command'), text: z.string().max(longestCommand).regex(/^[^\0]*$/) }),
    z.strictObject({ kind: z.literal('sftp') }),
  ]),
  tty: z.strictObject({ term: z.string().max(64).regex(/^[A-Za-z0-9._+-]*$/), cols: dimension, rows: dimension }).nullable(),
  env: z.record(z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/), z.string().max(1024).regex(/^[^\0\n]*$/)),
}); // prettier-ignore

export const sessionQuestion = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('shell'), pass: z.string().max(300), request: shellRequest }),
  z.strictObject({ kind: z.literal('dial'), pass: z.string().max(300), port: z.number().int().min(1).max(65_535) }),
]);
export type SessionQuestion = z.output<typeof sessionQuestion>;

export const sessionAnswer = z.discriminatedUnion('kind', [
  /** What follows on this connection is the session. */
  z.object({ kind: z.literal('here') }),
  z.object({ kind: z.literal('there'), host: z.string(), port: z.number(), ticket: z.string() }),
  z.object({ kind: z.literal('refused'), code: z.enum(errorCodes), message: z.string() }),
]);
export type SessionAnswer = z.output<typeof sessionAnswer>;
