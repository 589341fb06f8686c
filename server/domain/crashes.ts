/** How often crashed instances are replaced by fresh ones. Pure. */

const firstMs = 30_000;
const longestMs = 1_800_000;

/** The first at once, then with a pause that doubles: what crashes again and again gains nothing by it. @param recent replacements within the last hour */
export const replacementDue = (recent: number, sinceLastMs: number): boolean =>
  recent === 0 || sinceLastMs >= Math.min(longestMs, firstMs * 2 ** (recent - 1));
