/** The one-time code of the first run: `npm run up` prints it, the database holds its hash only. */
import { createHash } from 'node:crypto';
import { randomSuffix } from '#server/ids.ts';

/** A new code of 100 random bits: `7k2mq-…`, four groups of five. */
export const newSetupCode = (): string => Array.from({ length: 4 }, () => randomSuffix(5)).join('-');

/** SHA-256, hex, of the code as a person may type it: case, spaces and dashes do not matter. */
export const hashSetupCode = (typed: string): string =>
  createHash('sha256')
    .update(typed.toLowerCase().replace(/[^0-9a-z]/g, ''))
    .digest('hex');
