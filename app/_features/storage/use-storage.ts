'use client';
import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { toast } from '#app/ui/toast.tsx';

const isMoving = (state: string): boolean => state === 'waiting' || state === 'running';

/** The deployment's storage, looked at more often while something is on its way. */
export function useStorage(org: string, deploymentId: string) {
  const trpc = useTRPC();
  return useSuspenseQuery({
    ...trpc.storage.get.queryOptions({ org, deploymentId }),
    refetchInterval: ({ state }) =>
      state.data?.databases.some((one) => one.jobs.some((job) => isMoving(job.state))) ? 1500 : 20_000,
  }).data;
}

/** Everything that can be done on the page; each asks for the new state when it is done. */
export function useStorageActions() {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries(trpc.storage.pathFilter());
  const loud = { onSuccess: refresh, onError: (error: Parameters<typeof sentenceOf>[0]) => toast(sentenceOf(error), { tone: 'red' as const }) }; // prettier-ignore
  return {
    grow: useMutation(trpc.storage.grow.mutationOptions({ onSuccess: refresh })),
    remove: useMutation(trpc.storage.delete.mutationOptions({ onSuccess: refresh })),
    purge: useMutation(trpc.storage.purge.mutationOptions({ onSuccess: refresh })),
    dump: useMutation(trpc.storage.dump.mutationOptions(loud)),
    restoreDump: useMutation(trpc.storage.restoreDump.mutationOptions({ onSuccess: refresh })),
    schedule: useMutation(trpc.storage.schedule.mutationOptions({ onSuccess: refresh })),
    restore: useMutation(trpc.storage.restore.mutationOptions(loud)),
  };
}
