'use client';
import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { ImageChoice } from '#app/_features/new-project/image-choice.tsx';
import { RepositoryChoice } from '#app/_features/new-project/repository-choice.tsx';
import { SettingsStep } from '#app/_features/new-project/settings-step.tsx';
import { TemplateGallery } from '#app/_features/new-project/template-gallery.tsx';
import { formAfter, missing, requestOf, type Chosen, type Form } from '#app/_features/new-project/view.ts';
import { useDenied, useOrg } from '#app/_features/shell/org-context.tsx';
import { PageBody, PageHeader } from '#app/_features/shell/page.tsx';
import { codeOf, fieldError, sentenceOf } from '#app/_features/shell/problem.ts';
import { Button } from '#app/ui/button.tsx';
import { Callout } from '#app/ui/callout.tsx';
import { toast } from '#app/ui/toast.tsx';

/** Three short steps on one page; it ends on the page of release 1. */
export function NewProjectPage() {
  const trpc = useTRPC();
  const org = useOrg();
  const denied = useDenied('project.create');
  const { data: projects } = useSuspenseQuery(trpc.projects.list.queryOptions({ org: org.slug }));
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [form, setForm] = useState<Form | null>(null);
  const creation = useDeploy(org.slug);
  const choose = (next: Chosen): void => {
    setChosen(next);
    setForm(formAfter(chosen && form ? { chosen, form } : null, next, projects.map((project) => project.slug))); // prettier-ignore
    creation.reset();
  };
  const reason = denied ?? missing(chosen);
  const deploy = (): void => {
    if (chosen && form && !reason && !creation.isBusy) creation.start(requestOf(org.slug, chosen, form));
  };
  const button = (
    <Button
      look="primary"
      aria-disabled={Boolean(reason) || creation.isBusy}
      title={reason ?? undefined}
      onClick={deploy}
    >
      {creation.isBusy ? 'Creating' : 'Deploy'}
    </Button>
  );
  const error = creation.error;
  return (
    <>
      <PageHeader
        crumbs={[
          { label: 'Projects', href: `/${org.slug}` },
          { label: 'New project', href: `/${org.slug}/new` },
        ]}
        actions={button}
      />
      <PageBody className="max-w-4xl gap-8">
        <Step number={1} title="Choose where it starts">
          <TemplateGallery
            chosen={chosen?.kind === 'template' ? chosen.template.slug : null}
            onChoose={(template) => choose({ kind: 'template', template })}
          />
          <Or />
          <RepositoryChoice chosen={chosen?.kind === 'repository' ? chosen : null} onChoose={choose} />
          <Or />
          <ImageChoice
            isChosen={chosen?.kind === 'image'}
            error={fieldError(error, 'source.image')}
            onChoose={(image) => choose({ kind: 'image', image })}
          />
        </Step>
        <Step number={2} title="Check the settings" isOff={!chosen}>
          {chosen && form ? (
            <SettingsStep
              chosen={chosen}
              form={form}
              onChange={setForm}
              errorOf={(field) => fieldError(error, field)}
            />
          ) : (
            <p className="text-sm text-muted">Filled in from what you choose.</p>
          )}
        </Step>
        <Step number={3} title="Deploy" isOff={!chosen}>
          <div className="flex flex-col items-start gap-3">
            <p className="text-sm text-pretty text-muted">
              {chosen
                ? `${chosen.kind === 'image' ? 'Starts' : 'Builds'} release 1 of ${form?.name ?? ''} and opens it at its own address. Everything above can be changed later.`
                : 'Builds the first release and opens it at its own address.'}
            </p>
            {error ? (
              <Callout tone="red" role="alert" title={sentenceOf(error)}>
                Nothing was deployed; what you typed is kept. <span className="mono">{codeOf(error)}</span>
              </Callout>
            ) : null}
            {button}
          </div>
        </Step>
      </PageBody>
    </>
  );
}

/** Creates the project and asks for its first release. */
function useDeploy(org: string) {
  const trpc = useTRPC();
  const router = useRouter();
  const request = useMutation(trpc.releases.request.mutationOptions());
  const create = useMutation(
    trpc.projects.create.mutationOptions({
      onSuccess: (made) => {
        const base = `/${org}/${made.projectSlug}/${made.deploymentSlug}`;
        request.mutate(
          { org, deploymentId: made.deploymentId, kind: 'deploy' },
          {
            onSuccess: (release) => router.push(`${base}/releases/${String(release.number ?? release.releaseId)}`),
            onError: (error) => {
              toast(`The project is made; its first release was not accepted. ${sentenceOf(error)}`, { tone: 'red' });
              router.push(base);
            },
          },
        );
      },
    }),
  );
  return {
    start: create.mutate,
    reset: create.reset,
    error: create.error,
    isBusy: create.isPending || create.isSuccess,
  };
}

const Or = () => (
  <div className="my-5 flex items-center gap-3 text-xs text-muted before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
    or
  </div>
);

function Step({
  number,
  title,
  isOff = false,
  children,
}: {
  number: number;
  title: string;
  isOff?: boolean;
  children: React.ReactNode;
}) {
  return (
    <section className="grid grid-cols-[24px_minmax(0,1fr)] gap-x-3">
      <span
        aria-hidden
        className={`tabular mt-0.5 flex size-5 items-center justify-center rounded-full border text-xs ${isOff ? 'text-faint' : 'border-edge text-text'}`}
      >
        {number}
      </span>
      <div className="min-w-0">
        <h2 className={`mb-3 text-base font-semibold ${isOff ? 'text-muted' : ''}`}>{title}</h2>
        {children}
      </div>
    </section>
  );
}
