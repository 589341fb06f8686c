/** Finds comments that silence a tool instead of mending the code. Pure. */

// Written in parts, so that this file does not find itself.
const silencers = ['eslint-' + 'disable', 'oxlint-' + 'disable', '@ts-' + 'ignore', '@ts-' + 'expect-error', '@ts-' + 'nocheck', 'jscpd:' + 'ignore', 'knip-' + 'ignore', 'v8 ' + 'ignore']; // prettier-ignore

/** @param {string} file @param {string} text @returns {string[]} `file:line: what` */
export const findSuppressions = (file, text) =>
  text
    .split('\n')
    .flatMap((line, index) =>
      silencers.filter((word) => line.includes(word)).map((word) => `${file}:${index + 1}: ${word}`),
    );
