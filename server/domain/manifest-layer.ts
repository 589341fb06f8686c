/** What the `slipway.yaml` files that were read mean for the components of a project. Pure. */
import type { ManifestFile } from '#server/domain/manifest.ts';
import type { GitRef, SettingsOverrides } from '#server/domain/settings.ts';
import type { ComponentKind } from '#server/domain/words.ts';

export type { ManifestFile };
/** A component that the file describes and the project does not have. */
export interface ManifestOffer {
  repositoryId: string;
  name: string;
  kind: ComponentKind;
  commit: string;
  refName: string;
}
interface KnownComponent {
  name: string;
  repositoryId: string | null;
}

/** The component's part of its repository's file, of its own ref where several were read; empty without one. */
export function manifestLayer(
  files: readonly ManifestFile[],
  component: KnownComponent,
  refName: GitRef['name'],
): SettingsOverrides {
  const own = files.filter((file) => file.repositoryId === component.repositoryId);
  const file = own.find((one) => one.refName === refName) ?? own[0];
  return file?.components.find((one) => one.name === component.name)?.settings ?? {};
}

/** Never added by itself: a person decides. */
export const manifestOffers = (files: readonly ManifestFile[], known: readonly KnownComponent[]): ManifestOffer[] =>
  files.flatMap(({ repositoryId, commit, refName, components }) =>
    components
      .filter((one) => !known.some((component) => component.name === one.name))
      .map(({ name, kind }) => ({ repositoryId, name, kind, commit, refName })),
  );
