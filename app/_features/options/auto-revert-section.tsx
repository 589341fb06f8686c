'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { Section } from '#app/_features/shell/page.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Checkbox } from '#app/ui/field.tsx';
import { toast } from '#app/ui/toast.tsx';

/** Takes effect at once; off by default. */
export function AutoRevertSection({ deploymentId, isOn }: { deploymentId: string; isOn: boolean }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const denied = useDenied('deployment.update');
  const set = useMutation(
    trpc.deployments.setAutoRevert.mutationOptions({
      onError: (error) => toast(sentenceOf(error), { tone: 'red' }),
      onSettled: () => queries.invalidateQueries(trpc.deployments.pathFilter()),
    }),
  );
  return (
    <Section title="Auto-revert" note="takes effect at once">
      <Checkbox
        className="border-t pt-3"
        label="Go back to the last stable release when a new one crashes"
        hint="When an instance exits 3 times within 5 minutes after the release went live. Never after a hook ran in that release or a component was handed over “single”. Automatic deploys pause then."
        checked={set.isPending ? set.variables.enabled : isOn}
        disabled={Boolean(denied) || set.isPending}
        title={denied ?? undefined}
        onChange={(event) => set.mutate({ org, deploymentId, enabled: event.target.checked })}
      />
    </Section>
  );
}
