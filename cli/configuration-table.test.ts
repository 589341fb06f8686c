import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { environmentSchema } from '#server/config.ts';

const described = z.object({
  properties: z.record(
    z.string(),
    z.object({ description: z.string(), default: z.union([z.string(), z.number(), z.boolean()]).optional() }),
  ),
});

/** The rows that the README must have, from the schema that the processes read. */
function expectedRows(): string[][] {
  const schema = described.parse(z.toJSONSchema(environmentSchema, { io: 'input', unrepresentable: 'any' }));
  return Object.entries(schema.properties).map(([name, { description, default: value }]) => {
    const shown = value === undefined || value === '' ? '' : `\`${String(value)}\``;
    return [`\`${name}\``, shown, description];
  });
}

it("documents every variable in the README, with its default and the schema's own words", () => {
  const [, section = ''] = readFileSync('README.md', 'utf8').split('## Configuration');
  const rows = section
    .split('\n')
    .filter((line) => /^\| `[A-Z_]+` +\|.*\|.*\|$/.test(line))
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim())); // prettier-ignore
  expect(rows).toEqual(expectedRows());
});
