/** The built-in templates. The gallery shows them in this order. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { notFound } from '#server/errors.ts';
import { nextApp } from '#server/templates/next-app/template.ts';
import { nodeWeb } from '#server/templates/node-web/template.ts';
import { pythonWeb } from '#server/templates/python-web/template.ts';
import { staticSite } from '#server/templates/static-site/template.ts';
import type { Template } from '#server/templates/types.ts';
import { webAndWorker } from '#server/templates/web-and-worker/template.ts';

const templates: readonly Template[] = [nodeWeb, nextApp, staticSite, pythonWeb, webAndWorker];

export const listTemplates = (): readonly Template[] => templates;

/** @throws AppError not_found */
export function findTemplate(slug: string): Template {
  const found = templates.find((template) => template.slug === slug);
  if (!found) throw notFound();
  return found;
}

/**
 * The starter source: path → content, in a stable order.
 * @param programDir the folder of the program's own files; `server/templates` is below it.
 * @throws AppError not_found
 */
export async function templateSource(slug: string, programDir = process.cwd()): Promise<Map<string, Buffer>> {
  const folder = path.join(programDir, 'server/templates', findTemplate(slug).slug, 'source');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .filter((name) => !/(?:^|\/)(?:node_modules|\.next|__pycache__)\//.test(name))
    .toSorted();
  const files = await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name))] as const));
  return new Map(files);
}
