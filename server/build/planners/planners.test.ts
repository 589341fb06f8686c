/** Golden tests: each example folder is planned and compared with its `plan.json`. `UPDATE_PLANS=1` writes them anew. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { mergeSettings } from '#server/domain/settings.ts';
import { componentKinds } from '#server/domain/words.ts';
import { planBuild } from '#server/build/planners/index.ts';
import { listDirectory } from '#server/build/planners/listing.ts';

const examples = path.resolve('server/build/examples');
/** What an example asks for besides its files. */
const caseSchema = z.object({
  name: z.string().default('app'),
  kind: z.enum(componentKinds).default('web'),
  buildVariables: z.array(z.string()).default([]),
  settings: z.record(z.string(), z.unknown()).default({}),
});

describe('every example keeps its plan', () => {
  for (const name of readdirSync(examples)) {
    it(name, async () => {
      const folder = path.join(examples, name);
      const ask = path.join(folder, 'case.json');
      const {
        name: component,
        kind,
        buildVariables,
        settings,
      } = caseSchema.parse(existsSync(ask) ? JSON.parse(readFileSync(ask, 'utf8')) : {});
      const listing = await listDirectory(path.join(folder, 'source'));
      const result = planBuild(listing, mergeSettings(settings), { name: component, kind, buildVariables });
      const { dockerfile, ...rest } = result.kind === 'planned' ? result.plan : { ...result, dockerfile: null };
      const golden = {
        ...rest,
        dockerfile: dockerfile?.kind === 'rendered' ? dockerfile.text.split('\n') : dockerfile,
      };
      const file = path.join(folder, 'plan.json');
      if (process.env.UPDATE_PLANS) writeFileSync(file, `${JSON.stringify(golden, null, 2)}\n`);
      expect(golden).toEqual(JSON.parse(readFileSync(file, 'utf8')));
    });
  }
});
