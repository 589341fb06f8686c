/**
 * Promotion: the artifacts of one deployment's release run in another, with that one's settings and variables. It never
 * builds, so it is refused where the target would have built something else. Pure.
 */
import { leavesOf } from '#server/domain/draft-diff.ts';
import type { SnapshotSource } from '#server/domain/release.ts';
import type { Settings } from '#server/domain/settings.ts';
import type { ComponentKind } from '#server/domain/words.ts';

/** Settings that decide what is built. */
const buildSettings = (settings: Settings): ReadonlyMap<string, unknown> =>
  leavesOf({ rootDirectory: settings.rootDirectory, build: settings.build, run: { processType: settings.run.processType } }); // prettier-ignore

export interface PromotionRefusal {
  componentId: string | null;
  /** `setting` and `variable`: what was built differs from what the target would build; `key` names it, never a value. */
  kind: 'component' | 'setting' | 'variable' | 'image' | 'place';
  key: string;
  message: string;
}
interface Side {
  componentId: string;
  name: string;
  kind: ComponentKind;
  settings: Settings;
  /** Values that a build of it sees, by key. */
  buildValues: Readonly<Record<string, string>>;
}

const hasOwn = (values: Readonly<Record<string, string>>, key: string): boolean => Object.hasOwn(values, key);

function variableRefusals(from: Side, to: Side, names: { from: string; to: string }): PromotionRefusal[] {
  const keys = new Set([...Object.keys(from.buildValues), ...Object.keys(to.buildValues)]);
  return [...keys].toSorted().flatMap((key): PromotionRefusal[] => {
    const refuse = (what: string): PromotionRefusal[] => [
      { componentId: to.componentId, kind: 'variable', key, message: `${to.name}: the build variable ${key} ${what}` },
    ];
    if (!hasOwn(to.buildValues, key))
      return refuse(`was set for the build in ${names.from} and is not in ${names.to}.`);
    if (!hasOwn(from.buildValues, key)) return refuse(`is set in ${names.to} and was not for the build in ${names.from}.`); // prettier-ignore
    return from.buildValues[key] === to.buildValues[key] ? [] : refuse(`has another value in ${names.to}.`);
  });
}

function settingRefusals(from: Side, to: Side, names: { to: string }): PromotionRefusal[] {
  const [before, after] = [buildSettings(from.settings), buildSettings(to.settings)];
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => JSON.stringify(before.get(path) ?? null) !== JSON.stringify(after.get(path) ?? null))
    .map((key) => ({ componentId: to.componentId, kind: 'setting', key, message: `${to.name}: the build setting ${key} differs in ${names.to}.` })); // prettier-ignore
}

/** Why the artifacts of `from` must not run as `to`; empty when they may. Add-ons keep what they have and are not compared. */
export function promotionRefusals(
  from: readonly Side[],
  to: readonly Side[],
  names: { from: string; to: string },
): PromotionRefusal[] {
  return to
    .filter((side) => side.kind !== 'add-on')
    .flatMap((side): PromotionRefusal[] => {
      const source = from.find((one) => one.componentId === side.componentId);
      if (source) return [...settingRefusals(source, side, names), ...variableRefusals(source, side, names)];
      const message = `${side.name} of ${names.to} is not part of this release: it has no image for it.`;
      return [{ componentId: side.componentId, kind: 'component', key: side.name, message }];
    });
}

/** Components of the release that the target leaves out. */
export const leftOut = (
  from: readonly { componentId: string; name: string }[],
  to: readonly { componentId: string }[],
): string[] => from.filter((one) => !to.some((other) => other.componentId === one.componentId)).map((one) => one.name);

export const isSameCode = (a: SnapshotSource | undefined, b: SnapshotSource): boolean =>
  a?.kind === 'repository' && b.kind === 'repository'
    ? a.commit === b.commit && a.repositoryId === b.repositoryId
    : a?.kind === 'image' && b.kind === 'image' && a.reference === b.reference;
