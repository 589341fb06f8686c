'use client';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { AutomaticPaused } from '#app/_features/deployment/automatic-paused.tsx';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { Section } from '#app/_features/shell/page.tsx';
import { sentenceOf } from '#app/_features/shell/problem.ts';
import { Checkbox } from '#app/ui/field.tsx';
import { toast } from '#app/ui/toast.tsx';
import type { DeploymentView } from '#server/domain/views/releases.ts';

/** Whether it deploys by itself, at once; and that it is paused, where it is. */
export function AutomaticSection({ deployment }: { deployment: DeploymentView }) {
  const trpc = useTRPC();
  const queries = useQueryClient();
  const { slug: org } = useOrg();
  const denied = useDenied('deployment.update');
  const set = useMutation(
    trpc.deployments.setAutomatic.mutationOptions({
      onSuccess: () => queries.invalidateQueries(trpc.deployments.pathFilter()),
      onError: (error) => toast(sentenceOf(error), { tone: 'red' }),
    }),
  );
  const isOn = set.isPending ? set.variables.enabled : deployment.autoDeploy;
  return (
    <Section title="Automatic deploys" note="takes effect at once">
      <div className="flex flex-col gap-3">
        <Checkbox
          label="Deploy when the branch moves"
          hint="Looks at the branches of what is live once a minute and deploys their newest commits with the settings that are live. Edits of the draft stay out. Switching it on deploys nothing by itself."
          checked={isOn}
          disabled={Boolean(denied) || set.isPending}
          title={denied ?? undefined}
          onChange={(event) => set.mutate({ org, deploymentId: deployment.id, enabled: event.target.checked })}
        />
        {deployment.autoDeploy && deployment.autoPausedReason !== null ? (
          <AutomaticPaused deploymentId={deployment.id} reason={deployment.autoPausedReason} />
        ) : null}
      </div>
    </Section>
  );
}
