/** Errors of the API as forms and notices show them. Pure. */

/** What our error formatter puts on every tRPC error. */
interface ApiProblem {
  message: string;
  data?: { code?: string; reason?: string | null; field?: string | null } | null | undefined;
}

/** The message if it belongs to this field (or one inside it). */
export function fieldError(error: ApiProblem | null, field: string): string | null {
  const at = error?.data?.field;
  return error && at && (at === field || at.startsWith(`${field}.`)) ? error.message : null;
}
/** The message if no shown field takes it. */
export function otherError(error: ApiProblem | null, fields: readonly string[]): string | null {
  if (!error || fields.some((field) => fieldError(error, field))) return null;
  return sentenceOf(error);
}
/** One sentence for people. A request that never arrived has no data. */
export const sentenceOf = (error: ApiProblem): string =>
  error.data ? error.message : 'The dashboard does not answer. Nothing was changed; try again in a moment.';
/** To search for. */
export const codeOf = (error: ApiProblem): string =>
  error.data?.reason ?? error.data?.code?.toLowerCase() ?? 'unreachable';
