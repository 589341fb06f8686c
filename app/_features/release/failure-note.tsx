'use client';
import Link from 'next/link';
import { useDeploy } from '#app/_features/deployment/use-deploy.ts';
import { fixHref, fixLabel, phaseOf } from '#app/_features/release/view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import type { Failure } from '#server/domain/release.ts';
import type { DeploymentView } from '#server/domain/views/releases.ts';

interface Props {
  failure: Failure;
  base: string;
  deployment: DeploymentView;
  /** What keeps serving. */
  servesNumber: number | null;
}

/** Why it failed, what is safe, what to do, and the way to the setting that mends it. */
export function FailureNote({ failure, base, deployment, servesNumber }: Props) {
  const { slug } = useOrg();
  const deploy = useDeploy(deployment);
  const href = fixHref(base, failure.fix, slug);
  return (
    <Callout
      tone="red"
      title={`${failure.message.replace(/\.$/, '')}.`}
      actions={
        href ? (
          <Button asChild>
            <Link href={href}>{fixLabel(failure.fix)}</Link>
          </Button>
        ) : (
          <Button aria-disabled={deploy.isBusy || Boolean(deploy.denied)} onClick={() => deploy.run('deploy')}>
            Deploy again
          </Button>
        )
      }
    >
      <p>{failure.advice}</p>
      <p className="mt-1">
        Failed {phaseOf(failure)}.{' '}
        {servesNumber === null
          ? 'Nothing was live before, so the address says “not deployed yet”.'
          : `Release ${String(servesNumber)} keeps serving.`}{' '}
        <Copyable value={failure.code} what="code" className="text-muted" />
      </p>
    </Callout>
  );
}
