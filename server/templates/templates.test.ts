import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { planBuild } from '#server/build/planners/index.ts';
import { listDirectory } from '#server/build/planners/listing.ts';
import { slug } from '#server/domain/naming.ts';
import { mergeSettings } from '#server/domain/settings.ts';
import { findTemplate, listTemplates, templateSource } from '#server/templates/index.ts';

async function withSource<T>(slug: string, action: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-template-'));
  try {
    for (const [name, content] of await templateSource(slug)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), content);
    }
    return await action(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('built-in templates', () => {
  it('are the five of the gallery, each with its own slug', () => {
    expect(listTemplates().map(({ slug }) => slug)).toEqual([
      'node-web', 'next-app', 'static-site', 'python-web', 'web-and-worker',
    ]); // prettier-ignore
  });

  it('do not exist under another name', () => {
    expect(() => findTemplate('../node-web')).toThrow('Not found');
  });

  for (const template of listTemplates()) {
    it(`${template.slug}: every component has valid settings and a plan from its starter source`, async () => {
      await withSource(template.slug, async (folder) => {
        const listing = await listDirectory(folder);
        for (const { name, kind, settings } of template.components) {
          expect(slug.parse(name)).toBe(name);
          const merged = mergeSettings(settings);
          const result = planBuild(listing, merged, { name, kind, buildVariables: ['APP_GREETING'] });
          expect(result).toMatchObject({ kind: 'planned', plan: { dockerfile: { kind: 'rendered' } } });
          if (result.kind === 'planned' && merged.run.port !== null) expect(result.plan.port).toBe(merged.run.port);
        }
      });
    });

    it(`${template.slug}: the starter source is small and holds nothing that was installed or built`, async () => {
      const source = await templateSource(template.slug);
      const bytes = [...source.values()].reduce((sum, content) => sum + content.length, 0);
      expect(bytes).toBeLessThan(100_000);
      expect([...source.keys()].filter((name) => /node_modules|\.next|dist\//.test(name))).toEqual([]);
    });
  }
});
