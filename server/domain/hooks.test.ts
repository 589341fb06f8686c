import { describe, expect, it } from 'vitest';
import { type HookSource, wantedHooks } from '#server/domain/hooks.ts';
import { mergeSettings, type SettingsOverrides } from '#server/domain/settings.ts';

const source = (
  name: string,
  settings: SettingsOverrides,
  procfile: HookSource['procfile'] = null,
  origins: HookSource['component']['origins'] = {},
): HookSource => ({
  component: {
    componentId: name, name, kind: 'web', settings: mergeSettings(settings), origins, variables: [],
    source: { kind: 'repository', repositoryId: 'rep', commit: 'c0ffee', message: '', author: '', refName: 'main' },
  }, // prettier-ignore
  procfile,
});
const both = { postdeploy: 'migrate', firstDeploy: 'seed' };
const run = (sources: HookSource[], wasLive: boolean): string[] =>
  wantedHooks(sources, wasLive).map((hook) => `${hook.componentId} ${hook.name} ${hook.command} (${hook.origin})`);

describe('hooks', () => {
  it('runs first-deploy in place of postdeploy until the deployment was live', () => {
    const web = source('web', { hook: { postdeploy: 'migrate', firstDeploy: 'seed' } });
    expect(run([web], false)).toEqual(['web first-deploy seed (project)']);
    expect(run([web], true)).toEqual(['web postdeploy migrate (project)']);
    expect(run([source('web', { hook: { postdeploy: 'migrate' } })], false)).toEqual(['web postdeploy migrate (project)']);
  }); // prettier-ignore

  it('runs a hook of a Procfile once, with the first of the components that share it', () => {
    const shared = [source('web', {}, both), source('worker', {}, both)];
    expect(run(shared, true)).toEqual(['web postdeploy migrate (Procfile)']);
    expect(run(shared, false)).toEqual(['web first-deploy seed (Procfile)']);
  });

  it('runs the hooks of another root directory besides', () => {
    const sources = [source('web', {}, both), source('api', { rootDirectory: 'api' }, both)];
    expect(run(sources, true)).toEqual(['web postdeploy migrate (Procfile)', 'api postdeploy migrate (Procfile)']);
  });

  it('prefers a setting to the Procfile, with its origin, for all who share the Procfile', () => {
    const set = source('worker', { hook: { postdeploy: 'own' } }, both, { 'hook.postdeploy': 'slipway.yaml' });
    expect(run([source('web', {}, both), set], true)).toEqual(['worker postdeploy own (slipway.yaml)']);
  });

  it('runs none where the setting is an empty text', () => {
    expect(run([source('web', { hook: { postdeploy: '' } }, both)], true)).toEqual([]);
  });

  it('keeps the order of the components', () => {
    const hook = { postdeploy: 'x' };
    expect(run([source('b', { hook, rootDirectory: 'b' }), source('a', { hook, rootDirectory: 'a' })], true)).toEqual([
      'b postdeploy x (project)',
      'a postdeploy x (project)',
    ]);
  });
});
