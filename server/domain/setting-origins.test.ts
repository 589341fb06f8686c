import { expect, it } from 'vitest';
import { layerOf, mergeLayers, originsOf } from '#server/domain/setting-origins.ts';

const layers = {
  manifest: {
    run: { port: 3000, command: 'node a.js' },
    instances: 2,
    readiness: { http: { path: '/up', status: 204 } },
  },
  project: { run: { port: 4000 }, ref: { kind: 'branch' as const, name: 'next' } },
  deployment: { instances: 3 },
};

it('names the last layer that set a value, and takes its value', () => {
  expect(originsOf(layers)).toEqual({
    'run.port': 'project',
    'run.command': 'slipway.yaml',
    instances: 'deployment',
    'readiness.http.path': 'slipway.yaml',
    'readiness.http.status': 'slipway.yaml',
    'ref.kind': 'project',
    'ref.name': 'project',
  });
  expect(mergeLayers(layers)).toMatchObject({ run: { port: 4000, command: 'node a.js' }, instances: 3 });
});

it('gives a layer back from what was merged', () => {
  const merged = mergeLayers(layers);
  const origins = originsOf(layers);
  expect(layerOf(merged, origins, 'project')).toEqual(layers.project);
  expect(layerOf(merged, origins, 'deployment')).toEqual(layers.deployment);
  expect(layerOf(merged, origins, 'slipway.yaml')).toEqual({
    run: { command: 'node a.js' },
    readiness: layers.manifest.readiness,
  });
});
