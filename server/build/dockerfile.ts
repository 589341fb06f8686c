/**
 * A tenant's Dockerfile before it is built: the `# syntax=` line goes, because it would run a program of the tenant's
 * choice as the builder's frontend (and needs a registry); what the built-in frontend cannot do, or must not, is named.
 */
export type PreparedDockerfile = { kind: 'ready'; text: string } | { kind: 'refused'; message: string; advice: string };

export interface FrontendAbilities {
  /** Heredocs, `--link`, `RUN --network`: the frontend of Docker 23 and newer. */
  modern: boolean;
}

interface Instruction {
  line: number;
  word: string;
  rest: string;
}

const directive = /^\s*#\s*([a-z]+)\s*=\s*(.*?)\s*$/i;

/** Directives stand before everything else; only there does `# syntax=` mean something. */
function withoutSyntax(lines: readonly string[]): { lines: string[]; escape: string } {
  const kept: string[] = [];
  let index = 0;
  let removed = 0;
  let escape = '\\';
  for (; index < lines.length; index += 1) {
    const found = directive.exec(lines[index] ?? '');
    if (!found) break;
    const name = found[1]?.toLowerCase();
    if (name === 'escape' && found[2] === '`') escape = '`';
    if (name === 'syntax') removed += 1;
    else kept.push(lines[index] ?? '');
  }
  // Comments keep the line numbers of error messages; they come last, because a comment ends the directives.
  const fill = Array.from({ length: removed }, () => '#');
  return { lines: [...kept, ...fill, ...lines.slice(index)], escape };
}

function* instructions(lines: readonly string[], escape: string): Generator<Instruction> {
  let text = '';
  let first = 0;
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (text === '') first = index;
    const continues = line.endsWith(escape);
    text += `${continues ? line.slice(0, -1) : line} `;
    if (continues && index < lines.length - 1) continue;
    const found = /^\s*(?:ONBUILD\s+)?([A-Za-z]+)\s+([\s\S]*)$/i.exec(text);
    if (found) yield { line: first, word: (found[1] ?? '').toUpperCase(), rest: (found[2] ?? '').trim() };
    text = '';
  }
}

const flagsOf = (rest: string): string[] =>
  /^(?:--\S+\s+)*/.exec(`${rest} `)?.[0].trim().split(/\s+/).filter(Boolean) ?? [];

/** A heredoc only counts when its end stands alone on a later line: `$((1 << n))` is not one. */
function hasHeredoc(instruction: Instruction, lines: readonly string[]): boolean {
  return [...instruction.rest.matchAll(/(?<!<)<<-?(["']?)([A-Za-z_]\w*)\1/g)].some((match) =>
    lines.slice(instruction.line + 1).some((line) => line.trim() === match[2]),
  );
}

/** What is refused on every engine, because builds get no more of the machine than their own step. */
function forbidden({ word, rest }: Instruction): string | null {
  if (word !== 'RUN') return null;
  const flags = flagsOf(rest);
  if (flags.some((flag) => /^--security=insecure$/i.test(flag))) return 'RUN --security=insecure';
  if (flags.some((flag) => /^--network=host$/i.test(flag))) return 'RUN --network=host';
  return null;
}

/** Flags and forms that the frontend of Docker 20.10 does not know. */
function tooNew(instruction: Instruction, lines: readonly string[]): string | null {
  const { word, rest } = instruction;
  if (!['RUN', 'COPY', 'ADD'].includes(word)) return null;
  if (hasHeredoc(instruction, lines)) return `${word} <<`;
  const known: Record<string, RegExp> = { RUN: /^--mount=/, COPY: /^--(from|chown|chmod)=/, ADD: /^--(chown|chmod)=/ };
  const flag = flagsOf(rest).find((each) => !known[word]?.test(each));
  if (flag) return `${word} ${flag.split('=')[0] ?? flag}`;
  if (word === 'ADD' && /(^|\s)(git@|git:\/\/|https?:\/\/\S+\.git(\s|#))/.test(rest))
    return 'ADD from a Git repository';
  return null;
}

/** Pure. Line numbers of the text that is built equal those of the tenant's file. */
export function prepareDockerfile(text: string, abilities: FrontendAbilities): PreparedDockerfile {
  const { lines, escape } = withoutSyntax(text.replace(/^\uFEFF/, '').split(/\r?\n/));
  for (const instruction of instructions(lines, escape)) {
    const where = `line ${String(instruction.line + 1)}`;
    const denied = forbidden(instruction);
    if (denied)
      return { kind: 'refused', message: `The Dockerfile uses "${denied}" (${where}), which builds here may not do.`, advice: 'Remove that flag: build steps run isolated, with their own network.' }; // prettier-ignore
    const unknown = abilities.modern ? null : tooNew(instruction, lines);
    if (unknown)
      return { kind: 'refused', message: `The Dockerfile uses "${unknown}" (${where}), which the build engine of this installation does not know.`, advice: 'Write it without that feature, or ask the operator for Docker 23 or newer.' }; // prettier-ignore
  }
  return { kind: 'ready', text: lines.join('\n') };
}
