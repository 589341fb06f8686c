/** What a log line may hold. Applications write bytes; what we keep is text that cannot harm a page or a terminal (R25). */
export const lineLimit = 16 * 1024;

// Operating-system commands, other escape sequences than SGR colours, and lone control or bidi characters.
const osc = /\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?/gu;
const otherEscapes = /\u001b(?!\[[0-9;]*m)(?:\[[0-?]*[ -/]*[@-~]?|[@-Z\\-_])?/gu;
const controls = /(?!\u001b\[|\t)[\p{Cc}\u202a-\u202e\u2066-\u2069\u200e\u200f]/gu;

/**
 * One line as it is kept: what a carriage return overwrote is gone, only SGR colour sequences stay of the escapes, other
 * control and bidirectional characters become `�`, and what is longer than 16 KiB is cut with a mark.
 */
export function cleanLine(raw: string): string {
  const shown = raw.replace(/\r+$/u, '');
  const overwritten = shown.slice(shown.lastIndexOf('\r') + 1);
  const cut = overwritten.length > lineLimit ? `${overwritten.slice(0, lineLimit)} … cut at 16 KiB` : overwritten;
  return cut.replace(osc, '').replace(otherEscapes, '').replace(controls, '\ufffd');
}

const errorWords = /\b(error|fatal|panic|uncaught|exception|traceback|failed)\b/iu;
/** The level shown for a line of output: stderr alone is no error, many tools report progress there. */
export const guessLevel = (text: string): 'info' | 'error' => (errorWords.test(text) ? 'error' : 'info');
