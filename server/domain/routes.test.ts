import { describe, expect, test } from 'vitest';
import { notDeployedRoutes, publicUrl, routeConflicts, routesOf } from '#server/domain/routes.ts';
import { mergeSettings, type SettingsOverrides } from '#server/domain/settings.ts';
import type { ComponentKind } from '#server/domain/words.ts';

const component = (name: string, kind: ComponentKind = 'web', settings: SettingsOverrides = {}) => ({
  componentId: `cmp_${name}`, name, kind, settings: mergeSettings(settings),
}); // prettier-ignore
const instance = (id: string, name: string) => ({ id, componentId: `cmp_${name}`, address: '10.0.0.2', port: 3000 });
const region = { appsDomain: 'apps.test', appsScheme: 'https', appsPort: 443 } as const;

describe('routes', () => {
  test('lead from host and path to the instances of each component', () => {
    const parts = [component('web'), component('api', 'web', { route: { path: '/api' } }), component('docs', 'static', { route: { host: 'own' } }), component('mail', 'worker')]; // prettier-ignore
    const { targets, notices } = routesOf(parts, [instance('i1', 'web'), instance('i2', 'web'), instance('i3', 'api'), instance('i4', 'docs'), instance('i5', 'mail')], 'shop-x', 'apps.test'); // prettier-ignore
    expect(targets.map((one) => [one.key, one.routes[0]?.host, one.routes[0]?.path, one.servers.length])).toEqual([
      ['cmp_web', 'shop-x.apps.test', '/', 2],
      ['cmp_api', 'shop-x.apps.test', '/api', 1],
      ['cmp_docs', 'docs-shop-x.apps.test', '/', 1],
    ]);
    expect(notices).toEqual([]);
  });
  test('say at a host without any instance that it is stopped, unless another component answers there', () => {
    const parts = [
      component('web'),
      component('api', 'web', { route: { path: '/api' } }),
      component('docs', 'static', { route: { host: 'own' } }),
    ];
    const { notices } = routesOf(parts, [instance('i1', 'web')], 'shop-x', 'apps.test');
    expect(notices).toEqual([{ host: 'docs-shop-x.apps.test', state: 'stopped' }]);
  });
  test('before the first release name every host once', () => {
    const parts = [
      component('web'),
      component('api', 'web', { route: { path: '/api' } }),
      component('docs', 'static', { route: { host: 'own' } }),
    ];
    expect(notDeployedRoutes(parts, 'shop-x', 'apps.test').notices.map((one) => one.host)).toEqual([
      'shop-x.apps.test',
      'docs-shop-x.apps.test',
    ]);
  });
  test('of two components at the same place are a conflict with both names', () => {
    expect(routeConflicts([component('web'), component('api')])[0]?.message).toContain('web and api both answer at /');
    expect(
      routeConflicts([
        component('web'),
        component('api', 'web', { route: { host: 'own' } }),
        component('job', 'worker'),
      ]),
    ).toEqual([]);
  });
  test('give each component its public URL', () => {
    expect(publicUrl(component('api', 'web', { route: { path: '/api' } }), 'shop-x', region)).toBe(
      'https://shop-x.apps.test/api',
    );
    expect(publicUrl(component('mail', 'worker'), 'shop-x', { ...region, appsPort: 8443 })).toBe(
      'https://shop-x.apps.test:8443',
    );
  });
});
