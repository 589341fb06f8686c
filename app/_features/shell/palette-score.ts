/**
 * How well an entry fits what was typed: every word must be in it, at the start of a word counts more. Fuzzy letters across
 * words are no match, so that what is on top is what was meant. Pure.
 */
export function paletteScore(value: string, search: string, keywords: readonly string[] = []): number {
  const text = `${value} ${keywords.join(' ')}`.toLowerCase();
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return 1;
  let score = 0;
  for (const word of words) {
    const at = text.indexOf(word);
    if (at === -1) return 0;
    const startsWord = at === 0 || text.includes(` ${word}`) || text.includes(`-${word}`);
    score += at === 0 ? 1 : startsWord ? 0.8 : 0.4;
  }
  return score / words.length;
}
