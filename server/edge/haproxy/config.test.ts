import { expect, test } from 'vitest';
import {
  digestOf,
  renderBase,
  renderMap,
  renderSlots,
  routeEntries,
  type BaseOptions,
} from '#server/edge/haproxy/config.ts';
import { emptyState, withPublication, type EdgeState } from '#server/edge/haproxy/model.ts';
import { allPages, renderPage } from '#server/edge/haproxy/pages.ts';
import type { Publication } from '#server/edge/types.ts';

const settings = { responseTimeoutMs: 30_000, tunnelTimeoutMs: 3_600_000, maxConnections: 200, queueLimit: 50 };
const publication: Publication = {
  deploymentId: 'dep_1',
  releaseId: 'rel_7',
  generation: 7,
  targets: [
    {
      key: 'cmp_web',
      servers: [
        { name: 'ins_1', address: '10.213.0.5', port: 3000 },
        { name: 'ins_2', address: '10.213.0.6', port: 3000 },
      ],
      settings,
      routes: [
        { host: 'shop.example.com', path: '/' },
        { host: '*.example.com', path: '/' },
      ],
    },
    {
      key: 'cmp_api',
      servers: [],
      settings: { ...settings, maxConnections: 0 },
      routes: [{ host: 'shop.example.com', path: '/api' }],
    },
  ],
  notices: [{ host: 'soon.example.com', state: 'starting' }],
};
const state: EdgeState = withPublication({ ...emptyState(), slotCount: 4 }, publication, 0, new Map());
const plain: BaseOptions = {
  bind: '127.0.0.1',
  httpPort: 80,
  https: null,
  dashboard: { host: 'slipway.localhost', origin: 'http://slipway.localhost', port: 4620 },
  maxConnections: 8000,
  user: null,
};
const secure: BaseOptions = {
  ...plain,
  bind: '::',
  https: { port: 443, certificates: 'digest' },
  dashboard: { ...plain.dashboard, host: 'slipway.example.com', origin: 'https://slipway.example.com' },
  user: { uid: 102, gid: 105 },
};

test('the base configuration without certificates, as an ordinary user', async () => {
  await expect(renderBase(plain, 256)).toMatchFileSnapshot('./golden/base-plain.cfg');
});

test('the base configuration with https on all addresses, as root', async () => {
  await expect(renderBase(secure, 256)).toMatchFileSnapshot('./golden/base-secure.cfg');
});

test('slots and routes of a deployment', async () => {
  await expect(renderSlots(state)).toMatchFileSnapshot('./golden/slots.cfg');
  await expect(renderMap(routeEntries(state, 'slipway.localhost'))).toMatchFileSnapshot('./golden/routes.map');
});

test('a page', async () => {
  const starting = allPages.find(({ name }) => name === 'starting');
  await expect(starting && renderPage(starting)).toMatchFileSnapshot('./golden/starting.html');
});

test('the digest names everything that a running process would have to be reloaded for', () => {
  const digest = (options: BaseOptions, slots = 256): string => digestOf(renderBase(options, slots));
  const renewed = { ...secure, https: { port: 443, certificates: 'other' } };
  const digests = [
    digest(plain),
    digest(secure),
    digest(renewed),
    digest(plain, 512),
    digest({ ...plain, httpPort: 8080 }),
  ];
  expect(new Set(digests).size).toBe(5);
  expect(digest(plain)).toBe(digest({ ...plain }));
  expect(digest(plain)).toMatch(/^slipway-[0-9a-f]{16}$/);
});
