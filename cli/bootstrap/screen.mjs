/** The lines that the commands print: a mark, a name, what was found, and the command that mends it. */
const colored = process.stdout.isTTY === true && !process.env['NO_COLOR'];
/** @param {string} code @param {string} text */
const paint = (code, text) => (colored ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = (/** @type {string} */ text) => paint('1', text);
const marks = { pass: paint('32', '✓'), fail: paint('31', '✗'), note: paint('33', '–') };

/** @param {number} ms */
export const duration = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

/**
 * @param {{ mark: 'pass' | 'fail' | 'note', name: string, detail: string, mend?: string | undefined, ms?: number }} entry
 * @returns {string}
 */
export function formatLine({ mark, name, detail, mend, ms }) {
  const time = ms === undefined ? '' : `  ${paint('2', duration(ms))}`;
  const remedy = mend ? `\n      → ${bold(mend)}` : '';
  return `  ${marks[mark]} ${name.padEnd(13)} ${detail}${time}${remedy}`;
}

/** @param {Parameters<typeof formatLine>[0]} entry */
export const printLine = (entry) => console.log(formatLine(entry));

/**
 * Does one step and prints one line with what it did and how long it took.
 * @template T
 * @param {string} name
 * @param {string} doing shown while it runs, on a terminal
 * @param {() => Promise<T>} work
 * @param {(result: T) => string} [tell] what the line says; by default the result itself
 * @returns {Promise<T>} the result
 */
export async function step(name, doing, work, tell = String) {
  const started = performance.now();
  if (process.stdout.isTTY) process.stdout.write(`  … ${name.padEnd(13)} ${doing}`);
  const wipe = () => process.stdout.isTTY && process.stdout.write('\r\u001b[K');
  try {
    const result = await work();
    wipe();
    printLine({ mark: 'pass', name, detail: tell(result), ms: performance.now() - started });
    return result;
  } catch (error) {
    wipe();
    printLine({ mark: 'fail', name, detail: `failed while ${doing}`, ms: performance.now() - started });
    throw error;
  }
}

/** An end that the user can mend: printed without a stack. */
export class Stop extends Error {}

/**
 * Runs a command's main function; a failure prints its sentence and ends with exit code 1.
 * @param {() => Promise<void>} work
 */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    console.error(`\n${error instanceof Stop ? error.message : error instanceof Error ? error.stack : String(error)}`);
    process.exitCode = 1;
  }
}
