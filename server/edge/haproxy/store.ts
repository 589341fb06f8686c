/** The edge's folder: what the driver remembers, and the files that HAProxy starts from. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, open, readFile, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { AppError } from '#server/errors.ts';
import { allPages, renderPage } from '#server/edge/haproxy/pages.ts';
import { emptyState, type EdgeState } from '#server/edge/haproxy/model.ts';
import {
  files,
  pageFile,
  renderBase,
  renderHold,
  renderMap,
  renderSlots,
  routeEntries,
  type BaseOptions,
} from '#server/edge/haproxy/config.ts';

const stateFile = 'state.json';
const server = z.object({ name: z.string(), address: z.string(), port: z.number() });
const settings = z.object({
  responseTimeoutMs: z.number(),
  tunnelTimeoutMs: z.number(),
  maxConnections: z.number(),
  queueLimit: z.number(),
});
const count = z.object({
  requests: z.number(),
  failed: z.number(),
  held: z.number().default(0),
  bytesIn: z.number(),
  bytesOut: z.number(),
});
const hold = z.object({ limitMs: z.number(), maxRequests: z.number() });
const publication = z.object({
  deploymentId: z.string(),
  releaseId: z.string(),
  generation: z.number(),
  targets: z.array(
    z.object({
      key: z.string(),
      servers: z.array(server),
      settings,
      hold: hold.optional(),
      routes: z.array(z.object({ host: z.string(), path: z.string() })),
    }),
  ),
  notices: z.array(
    z.object({ host: z.string(), state: z.enum(['not-deployed', 'stopped', 'suspended', 'starting', 'maintenance']) }),
  ),
});
const stateSchema: z.ZodType<EdgeState> = z.object({
  slotCount: z.number(),
  worker: z.string().nullable(),
  deployments: z.record(
    z.string(),
    z.object({ publication, slots: z.record(z.string(), z.string()), counts: z.record(z.string(), count) }),
  ),
  slots: z.record(
    z.string(),
    z.object({
      deploymentId: z.string(),
      key: z.string(),
      servers: z.array(server),
      settings,
      base: count,
      leftAt: z.number().nullable(),
      hold: hold.extend({ until: z.number() }).nullable().default(null),
    }),
  ),
});

/** Replaces a file so that after a power cut there is the old or the new content, whole. */
export async function writeDurably(file: string, content: string): Promise<void> {
  const temporary = `${file}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export interface EdgeStore {
  /** What was saved last; the empty state when nothing was. @throws AppError internal when it cannot be read. */
  load(): Promise<EdgeState>;
  /** State, slots and routes on disk before it resolves. */
  save(state: EdgeState): Promise<void>;
  /** The state alone, where no route or server changed. */
  saveState(state: EdgeState): Promise<void>;
  /** Base configuration and pages as well: what a start or reload needs. Answers the base configuration. */
  saveAll(state: EdgeState, options: BaseOptions): Promise<string>;
  /** Changes when a certificate does; null without any: then there is no https. */
  certificateDigest(): Promise<string | null>;
}

/** @param folder HAProxy's working directory. @param dashboardHost has a route of its own that no deployment can take. */
export function createEdgeStore(folder: string, dashboardHost: string): EdgeStore {
  const at = (name: string): string => path.join(folder, name);
  const saveState = (state: EdgeState): Promise<void> => writeDurably(at(stateFile), JSON.stringify(state));
  const save = async (state: EdgeState): Promise<void> => {
    await Promise.all([
      saveState(state),
      writeDurably(at(files.slots), renderSlots(state)),
      writeDurably(at(files.routes), renderMap(routeEntries(state, dashboardHost))),
    ]);
    await Promise.all([syncFolder(folder), syncFolder(at('maps'))]);
  };
  const makeFolders = async (): Promise<void> => {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o700);
    for (const name of ['run', 'maps', 'pages', 'empty', files.certificates])
      await mkdir(at(name), { recursive: true, mode: 0o700 });
    await chmod(at('empty'), 0o711); // the workers' root directory, which is another user's
  };
  return {
    async load() {
      const text = await readFile(at(stateFile), 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null;
        throw new AppError('internal', 'The state of the edge cannot be read.', { cause: error });
      });
      return text === null ? emptyState() : stateSchema.parse(JSON.parse(text));
    },
    save,
    saveState,
    async saveAll(state, options) {
      await makeFolders();
      const base = renderBase(options, state.slotCount);
      await Promise.all(allPages.map((page) => writeDurably(at(pageFile(page)), renderPage(page))));
      await writeDurably(at(files.hold), renderHold());
      await writeDurably(at(files.base), base);
      await save(state);
      return base;
    },
    async certificateDigest() {
      const names = (await readdir(at(files.certificates)).catch(() => [])).filter((name) => name.endsWith('.pem'));
      if (names.length === 0) return null;
      const hash = createHash('sha256');
      for (const name of names.toSorted((a, b) => a.localeCompare(b)))
        hash.update(`${name}\n`).update(await readFile(path.join(at(files.certificates), name)));
      return hash.digest('hex');
    },
  };
}
