/** Which hooks a release runs, in which order, and who asked for each. Pure. */
import type { SettingOrigin, SnapshotComponent } from '#server/domain/release.ts';

export const hookNames = ['first-deploy', 'postdeploy'] as const;
export type HookName = (typeof hookNames)[number];
/** The setting of each hook, as a dotted path. */
export const hookSettings = { 'first-deploy': 'hook.firstDeploy', postdeploy: 'hook.postdeploy' } as const;

export interface WantedHook {
  componentId: string;
  name: HookName;
  command: string;
  origin: SettingOrigin | 'Procfile';
}
export interface HookSource {
  component: SnapshotComponent;
  /** What the `Procfile` of its root directory names; null without one. */
  procfile: { postdeploy: string | null; firstDeploy: string | null } | null;
}

/** Components of one root directory share its Procfile, so its hooks are theirs together. */
function procfileKey({ source, settings }: SnapshotComponent): string {
  return source.kind === 'image' ? '' : `${source.repositoryId} ${source.commit} ${settings.rootDirectory}`;
}

/**
 * In the order of the components. A setting wins over the `Procfile`; an empty one means that there is no hook. A hook of a
 * `Procfile` runs once, with the first of the components that share it, and not at all when one of these sets its own.
 * `first-deploy` takes the place of `postdeploy` until the deployment was live.
 */
export function wantedHooks(sources: readonly HookSource[], wasLive: boolean): WantedHook[] {
  const taken = new Set<string>();
  const own = (component: SnapshotComponent, name: HookName): string | null =>
    name === 'postdeploy' ? component.settings.hook.postdeploy : component.settings.hook.firstDeploy;
  const take = (component: SnapshotComponent, name: HookName): void => {
    taken.add(`${name} ${procfileKey(component)}`);
    if (name === 'first-deploy' && !wasLive) taken.add(`postdeploy ${procfileKey(component)}`);
  };
  for (const { component } of sources)
    for (const name of hookNames) if (own(component, name) !== null) take(component, name);
  return sources.flatMap((one) => {
    const { component, procfile } = one;
    const found = (name: HookName): WantedHook | null => {
      const { componentId } = component;
      const setting = own(component, name);
      if (setting !== null)
        return setting === '' ? null : { componentId, name, command: setting, origin: component.origins[hookSettings[name]] ?? 'project' }; // prettier-ignore
      const command = name === 'postdeploy' ? procfile?.postdeploy : procfile?.firstDeploy;
      if (!command || taken.has(`${name} ${procfileKey(component)}`)) return null;
      take(component, name);
      return { componentId, name, command, origin: 'Procfile' };
    };
    const first = wasLive ? null : found('first-deploy');
    const hook = first ?? found('postdeploy');
    return hook ? [hook] : [];
  });
}
