'use client';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { sshCommand } from '#app/_features/settings/view.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { Section } from '#app/_features/shell/page.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import type { DeploymentView } from '#server/domain/views/releases.ts';

/** How to get in by SSH: the deployment, and each of its components when there are several. */
export function SshAccess({ deployment }: { deployment: DeploymentView }) {
  const trpc = useTRPC();
  const org = useOrg();
  const denied = useDenied('deployment.connect');
  const { data: keys } = useQuery(trpc.account.sshKeys.queryOptions());
  if (denied !== null || deployment.live === null) return null;
  const { handle, ssh } = deployment;
  const components = ssh.components.length > 1 ? ssh.components : [];
  const settings = `/${org.slug}/settings/ssh-keys`;
  return (
    <Section
      title="SSH"
      note={
        deployment.stageKind === 'built' ? 'what you change in an instance is lost with its next deploy' : undefined
      }
    >
      <div className="flex flex-col gap-1 border-t pt-2 text-sm">
        <Copyable value={sshCommand(handle, ssh)} what="command" className="self-start" />
        {components.map((name) => (
          <Copyable key={name} value={sshCommand(`${name}.${handle}`, ssh)} what="command" className="self-start" />
        ))}
        {keys?.length === 0 ? (
          <p className="text-muted">
            <Link href={settings} className="text-text underline">
              Add a key
            </Link>{' '}
            first: you have none yet.
          </p>
        ) : null}
      </div>
    </Section>
  );
}
