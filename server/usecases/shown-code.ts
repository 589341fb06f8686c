/** What is shown is what ships: the commits that a page showed against those that the refs mean now. Pure. */
import type { ReleaseSnapshot } from '#server/domain/release.ts';
import { AppError } from '#server/errors.ts';

export interface ShownCommit {
  componentId: string;
  commit: string;
}

/** Components that were not shown are not compared. @throws AppError conflict on the field `commits` */
export function assertShownCode(snapshot: ReleaseSnapshot, shown: readonly ShownCommit[] | undefined): void {
  for (const { componentId, commit } of shown ?? []) {
    const component = snapshot.components.find((one) => one.componentId === componentId);
    if (!component || component.source.kind !== 'repository' || component.source.commit === commit) continue;
    throw new AppError(
      'conflict',
      `${component.source.refName} of ${component.name} moved meanwhile, to ${component.source.commit.slice(0, 7)}. Look at what would be deployed, then deploy again.`,
      { field: 'commits' },
    );
  }
}
