'use client';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import type { DeploymentView } from '#server/domain/views/releases.ts';

/** The deployment of the page's address, kept up to date. */
export function useDeployment(
  project: string,
  deployment: string,
): { deployment: DeploymentView; base: string; org: string } {
  const trpc = useTRPC();
  const { slug: org } = useOrg();
  const { data } = useSuspenseQuery(trpc.deployments.get.queryOptions({ org, project, deployment }));
  return { deployment: data, base: `/${org}/${project}/${deployment}`, org };
}
