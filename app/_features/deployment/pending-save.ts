/** A save of the draft that is still under way when somebody deploys. */
import type { MutationKey, QueryClient } from '@tanstack/react-query';

export type SaveEnd = { kind: 'none' } | { kind: 'saved'; revision: number } | { kind: 'failed' };

const hasField = <Field extends string>(value: unknown, field: Field): value is Record<Field, unknown> =>
  typeof value === 'object' && value !== null && field in value;
const revisionOf = (data: unknown): number | null =>
  hasField(data, 'revision') && typeof data.revision === 'number' ? data.revision : null;

/** Waits for the deployment's save, if one is under way; its revision is what its author saw. Never rejects. */
export function endOfSave(queries: QueryClient, mutationKey: MutationKey, deploymentId: string): Promise<SaveEnd> {
  const cache = queries.getMutationCache();
  const save = cache
    .findAll({ mutationKey, status: 'pending' })
    .findLast(
      ({ state }) => hasField(state.variables, 'deploymentId') && state.variables.deploymentId === deploymentId,
    );
  if (!save) return Promise.resolve({ kind: 'none' });
  return new Promise((resolve) => {
    const stop = cache.subscribe(() => {
      if (save.state.status === 'pending') return;
      stop();
      const revision = save.state.status === 'success' ? revisionOf(save.state.data) : null;
      resolve(revision === null ? { kind: 'failed' } : { kind: 'saved', revision });
    });
  });
}
