/**
 * `slipway.yaml` at the root of a repository: which components are in it, and their settings. Pure. The settings have the
 * names, limits and messages of the dashboard's; `docs/slipway-yaml.md` shows the whole.
 */
import { type Document, isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import * as z from 'zod';
import { slug } from '#server/domain/naming.ts';
import { type SettingsOverrides, settingsSchema } from '#server/domain/settings.ts';
import { subsetOf } from '#server/domain/settings-overrides.ts';
import { type ComponentKind, componentKinds } from '#server/domain/words.ts';

export const manifestName = 'slipway.yaml';
/** A larger file is refused before it is parsed. */
export const manifestBytes = 64 * 1024;
const maxComponents = 50;
const maxProblems = 20;
/** Uses of anchors: enough to share settings, too few to blow a file up. */
const maxAliases = 50;

export interface ManifestComponent {
  name: string;
  kind: ComponentKind;
  settings: SettingsOverrides;
  /** Names of variables that have to be set before it can be deployed. */
  variables: readonly string[];
  /** Where it begins in the file. */
  line: number;
}
/** A file as it was read at a commit. */
export interface ManifestFile {
  repositoryId: string;
  commit: string;
  refName: string;
  components: ManifestComponent[];
}
/** Both count from 1. */
export interface ManifestProblem {
  line: number;
  column: number;
  message: string;
}
export type ManifestResult =
  { kind: 'read'; components: ManifestComponent[] } | { kind: 'wrong'; problems: ManifestProblem[] };

const { ref: _ref, image: _image, ...shape } = settingsSchema.shape;
const settingsPart = subsetOf(shape) as z.ZodType<SettingsOverrides, SettingsOverrides>;
const settingKeys = Object.keys(shape);
const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'Letters, digits and _, not starting with a digit');
const frame = z.object({
  version: z.literal(1, 'The version of this format is 1').optional(),
  components: z.record(z.string(), z.unknown(), 'List the components by name'),
});
const componentPart = z.object({
  kind: z.enum(componentKinds, `One of ${componentKinds.join(', ')}`),
  variables: z.array(variableName).max(100, 'At most 100').default([]),
});
const componentKeys = ['kind', 'variables', ...settingKeys];

/** `slipway.yaml:12:5: message` */
export const problemLine = (problem: ManifestProblem): string =>
  `${manifestName}:${String(problem.line)}:${String(problem.column)}: ${problem.message}`;

/** Reads the file. Every problem that can be found is told, at most 20, in the order of the file. */
export function readManifest(text: string): ManifestResult {
  if (new TextEncoder().encode(text).length > manifestBytes)
    return wrong([{ line: 1, column: 1, message: 'The file is larger than 64 KiB.' }]);
  const counter = new LineCounter();
  let document: Document.Parsed;
  let content: unknown;
  try {
    document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, merge: false, prettyErrors: false });
    const [error] = [...document.errors, ...document.warnings];
    if (error) return wrong([{ ...place(counter, error.pos[0]), message: syntaxWords(error.message) }]);
    content = document.toJS({ maxAliasCount: maxAliases });
  } catch (error) {
    // Anchors that multiply, or nesting deeper than the parser goes.
    return wrong([{ line: 1, column: 1, message: error instanceof ReferenceError ? `An anchor is missing or used too often: at most ${maxAliases} times.` : 'The file is nested too deeply.' }]); // prettier-ignore
  }
  return check(new Places(document, counter), content);
}

const wrong = (problems: readonly ManifestProblem[]): ManifestResult => ({
  kind: 'wrong',
  problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column).slice(0, maxProblems),
});
const place = (counter: LineCounter, offset: number): { line: number; column: number } => {
  const { line, col } = counter.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
};
const syntaxWords = (message: string): string => `${message.split('\n')[0]?.replace(/[.:]$/, '') ?? message}.`;

type Path = readonly PropertyKey[];

function check(places: Places, content: unknown): ManifestResult {
  if (content === null || content === undefined)
    return wrong([{ line: 1, column: 1, message: 'The file is empty: add `components:`.' }]);
  const problems: ManifestProblem[] = [];
  const take = (error: z.ZodError, prefix: Path): void => {
    for (const issue of error.issues) problems.push(...places.problems(issue, prefix));
  };
  if (isRecord(content)) problems.push(...unknownKeys(places, content, [], ['version', 'components']));
  const outer = frame.safeParse(content);
  if (!outer.success) {
    take(outer.error, []);
    return wrong(problems);
  }
  const entries = Object.entries(outer.data.components);
  if (entries.length === 0 || entries.length > maxComponents)
    problems.push({ ...places.at(['components']), message: `From 1 to ${maxComponents} components.` });
  const components = entries.flatMap(([name, value]): ManifestComponent[] => {
    const path = ['components', name];
    if (!slug.safeParse(name).success || slug.parse(name) !== name)
      problems.push({ ...places.key(path), message: `${quoted(name)} cannot be the name of a component: 2 to 32 lower-case letters, digits and -, starting with a letter.` }); // prettier-ignore
    if (!isRecord(value)) {
      problems.push({ ...places.at(path), message: `Say what ${quoted(name)} is: at least \`kind: web\`.` });
      return [];
    }
    problems.push(...unknownKeys(places, value, path, componentKeys));
    const part = componentPart.safeParse(value);
    if (!part.success) take(part.error, path);
    const settings = settingsPart.safeParse(
      Object.fromEntries(Object.entries(value).filter(([key]) => settingKeys.includes(key))),
    );
    if (!settings.success) take(settings.error, path);
    if (!part.success || !settings.success) return [];
    return [{ name, ...part.data, settings: settings.data, line: places.key(path).line }];
  });
  return problems.length > 0 ? wrong(problems) : { kind: 'read', components };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const quoted = (text: string): string => `“${text.slice(0, 60)}”`;

function unknownKeys(places: Places, value: Record<string, unknown>, path: Path, known: readonly string[]) {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => ({ ...places.key([...path, key]), message: unknownWords(key, known) }));
}
function unknownWords(key: string, known: readonly string[]): string {
  if (key === 'ref') return 'The branch is chosen in the project, not in the file that lies on it.';
  return `There is no ${quoted(key)} here. Known: ${known.join(', ')}.`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'A text',
  number: 'A number',
  int: 'A whole number',
  boolean: 'true or false',
  array: 'A list',
  object: 'A group of settings',
};
/** Our own messages as they are; the library's in plain words. */
function issueWords(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid')) return typeWords[issue.expected] ?? issue.message; // prettier-ignore
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid')) return `One of ${issue.values.map(String).join(', ')}`; // prettier-ignore
  return issue.message;
}

/** From the path of a value to its line and column. */
class Places {
  readonly #document: Document.Parsed;
  readonly #counter: LineCounter;

  constructor(document: Document.Parsed, counter: LineCounter) {
    this.#document = document;
    this.#counter = counter;
  }

  /** Of the value; of the nearest thing around it when it is missing. */
  at(path: Path): { line: number; column: number } {
    return this.#place(this.#find(path).value ?? this.#find(path).key);
  }
  /** Of the key that leads to the value. */
  key(path: Path): { line: number; column: number } {
    return this.#place(this.#find(path).key ?? this.#find(path).value);
  }
  /** An unknown key stands where it is written, everything else at its value. */
  problems(issue: z.core.$ZodIssue, prefix: Path): ManifestProblem[] {
    const path = [...prefix, ...issue.path];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ ...this.key([...path, key]), message: `There is no ${quoted(key)} here.` }));
    const name = path.filter((part) => typeof part === 'string').slice(2).join('.'); // prettier-ignore
    const message = issueWords(issue).replace(/\.$/, '');
    return [{ ...this.at(path), message: name === '' ? `${message}.` : `${name}: ${message}.` }];
  }

  #place(node: Node | null | undefined): { line: number; column: number } {
    return place(this.#counter, node?.range?.[0] ?? 0);
  }

  /** Follows aliases: what an anchor holds is told where it is written. */
  #find(path: Path): { key: Node | null; value: Node | null } {
    let key: Node | null = null;
    let value: Node | null = this.#document.contents;
    for (const part of path) {
      if (isAlias(value)) value = value.resolve(this.#document) ?? null;
      if (isMap(value)) {
        const pair = value.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === part);
        if (!pair) break;
        key = isScalar(pair.key) ? pair.key : null;
        value = asNode(pair.value);
      } else if (isSeq(value) && typeof part === 'number') value = asNode(value.items[part]);
      else break;
    }
    return { key, value };
  }
}
const asNode = (value: unknown): Node | null =>
  isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null;
