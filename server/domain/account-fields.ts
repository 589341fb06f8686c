/** Fields of accounts: what people type when they sign in, set up or are invited. */
import * as z from 'zod';

const pattern =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
export const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'At most 254 characters')
  .regex(pattern, 'Not an e-mail address');
export const password = z.string().min(10, 'At least 10 characters').max(200, 'At most 200 characters');
/** What is compared, not chosen. */
export const givenPassword = z.string().min(1, 'Enter the password').max(200, 'At most 200 characters');
