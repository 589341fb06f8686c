/** Terminal colours in log lines: SGR sequences to spans with class names. Pure; nothing of the text is markup. */
export interface Span {
  text: string;
  className: string;
}
const foreground: Record<number, string> = {
  30: 'text-faint', 31: 'text-red-text', 32: 'text-green-text', 33: 'text-yellow-text', 34: 'text-accent-text',
  35: 'text-accent-text', 36: 'text-accent-text', 37: 'text-text', 90: 'text-muted', 91: 'text-red-text',
  92: 'text-green-text', 93: 'text-yellow-text', 94: 'text-accent-text', 95: 'text-accent-text', 96: 'text-accent-text', 97: 'text-text',
}; // prettier-ignore
const escape = String.fromCodePoint(0x1b);
const sequence = new RegExp(`${escape}\\[([0-9;]*)m`, 'g');

/** Colours fold to the product's own families, so that both themes stay readable; 256-colour and RGB codes are skipped. */
export function sgrSpans(line: string): Span[] {
  if (!line.includes(escape)) return [{ text: line, className: '' }];
  const spans: Span[] = [];
  let colour = '';
  let bold = false;
  let dim = false;
  let end = 0;
  const push = (text: string): void => {
    if (text === '') return;
    const className = [colour, bold ? 'font-semibold' : '', dim ? 'opacity-70' : ''].filter(Boolean).join(' ');
    spans.push({ text, className });
  };
  const apply = (codes: number[]): void => {
    for (let index = 0; index < codes.length; index += 1) {
      const code = codes[index] ?? 0;
      if (code === 0) [colour, bold, dim] = ['', false, false];
      else if (code === 1) bold = true;
      else if (code === 2) dim = true;
      else if (code === 22) [bold, dim] = [false, false];
      else if (code === 39) colour = '';
      else if (code === 38 || code === 48) index += codes[index + 1] === 5 ? 2 : 4;
      else colour = foreground[code] ?? colour;
    }
  };
  for (const match of line.matchAll(sequence)) {
    push(line.slice(end, match.index));
    apply((match[1] ?? '').split(';').map(Number));
    end = match.index + match[0].length;
  }
  push(line.slice(end));
  return spans;
}
/** The words alone, for searching and copying. */
export const plainText = (line: string): string => line.replace(sequence, '');
