'use client';
import { useQuery } from '@tanstack/react-query';
import { Command as Cmdk } from 'cmdk';
import { ArrowRight, CornerDownLeft, Search } from 'lucide-react';
import { useParams, useRouter } from 'next/navigation';
import { Dialog as Radix } from 'radix-ui';
import { useTRPC } from '#app/_lib/trpc-client.tsx';
import { releaseTitle, stateWords } from '#app/_features/release/view.ts';
import { useOrg } from '#app/_features/shell/org-context.tsx';
import { paletteScore } from '#app/_features/shell/palette-score.ts';
import { summaryTone } from '#app/_features/status/view.ts';
import { useCommandList, type Command } from '#app/ui/commands.tsx';
import { Kbd } from '#app/ui/kbd.tsx';
import { StatusShape } from '#app/ui/status.tsx';

const itemStyle =
  'flex h-9 items-center gap-2.5 rounded-md px-2.5 text-sm outline-none data-[selected=true]:bg-hover data-[disabled=true]:opacity-50 [&_svg]:shrink-0';
const groupStyle =
  'px-1.5 pb-1.5 [&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-muted';

/** ⌘K: everything that can be done here and every place that can be gone to. */
export function Palette({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 animate-appear bg-backdrop" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-x-3 top-[12vh] z-40 mx-auto max-w-xl animate-rise overflow-hidden rounded-xl bg-raised shadow-raised focus:outline-none"
        >
          <Radix.Title className="sr-only">Search and do</Radix.Title>
          <PaletteBody close={() => onOpenChange(false)} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function PaletteBody({ close }: { close: () => void }) {
  const commands = useCommandList();
  const run = (command: Command) => () => {
    close();
    command.run();
  };
  const groups = (['Actions', 'This page', 'Go to', 'Appearance'] as const)
    .map((name) => ({ name, commands: commands.filter((command) => command.group === name) }))
    .filter((group) => group.commands.length > 0);
  return (
    <Cmdk loop label="Search and do" filter={paletteScore}>
      <div className="flex items-center gap-2.5 border-b px-4">
        <Search className="size-4 shrink-0 stroke-[1.75] text-muted" />
        <Cmdk.Input
          placeholder="Search projects, deployments, actions"
          className="h-12 w-full min-w-0 bg-transparent text-base outline-none pointer-coarse:text-lg"
        />
        <Kbd keys="esc" />
      </div>
      <Cmdk.List className="max-h-[min(420px,56vh)] overflow-y-auto pt-1">
        <Cmdk.Empty className="px-4 py-8 text-center text-sm text-muted">Nothing here has that name.</Cmdk.Empty>
        {groups.map((group) => (
          <Cmdk.Group key={group.name} heading={group.name} className={groupStyle}>
            {group.commands.map((command) => (
              <Cmdk.Item
                key={command.id}
                value={`${command.title} ${command.id}`}
                keywords={command.words ? [command.words] : []}
                disabled={Boolean(command.disabledReason)}
                onSelect={run(command)}
                className={itemStyle}
              >
                {group.name === 'Go to' ? (
                  <ArrowRight className="size-4 stroke-[1.75] text-muted" />
                ) : (
                  <CornerDownLeft className="size-4 stroke-[1.75] text-muted" />
                )}
                <span className="min-w-0 flex-1 truncate">{command.title}</span>
                {command.disabledReason ? (
                  <span className="truncate text-xs text-muted">{command.disabledReason}</span>
                ) : null}
                {command.keys ? <Kbd keys={command.keys} /> : null}
              </Cmdk.Item>
            ))}
          </Cmdk.Group>
        ))}
        <Releases close={close} />
        <Places close={close} />
      </Cmdk.List>
    </Cmdk>
  );
}

function Places({ close }: { close: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const { slug } = useOrg();
  const { data } = useQuery(trpc.projects.list.queryOptions({ org: slug }));
  const go = (href: string) => () => {
    close();
    router.push(href);
  };
  if (!data || data.length === 0) return null;
  return (
    <Cmdk.Group heading="Projects and deployments" className={groupStyle}>
      {data.flatMap((project) => [
        <Cmdk.Item
          key={project.id}
          value={`${project.name} ${project.slug} ${project.id}`}
          onSelect={go(`/${slug}/${project.slug}`)}
          className={itemStyle}
        >
          <StatusShape tone={summaryTone(project.status, null)} label />
          <span className="truncate">{project.name}</span>
        </Cmdk.Item>,
        ...project.deployments.map((deployment) => (
          <Cmdk.Item
            key={deployment.id}
            value={`${project.name} ${deployment.name} ${deployment.handle} ${deployment.id}`}
            onSelect={go(`/${slug}/${project.slug}/${deployment.slug}`)}
            className={itemStyle}
          >
            <StatusShape tone={summaryTone(deployment.status, deployment.active)} label />
            <span className="truncate">
              <span className="text-muted">{project.name} / </span>
              {deployment.name}
            </span>
          </Cmdk.Item>
        )),
      ])}
    </Cmdk.Group>
  );
}

/** The newest releases of the deployment that is open. */
function Releases({ close }: { close: () => void }) {
  const trpc = useTRPC();
  const router = useRouter();
  const { slug: org } = useOrg();
  const { project = '', deployment = '' } = useParams<{ project?: string; deployment?: string }>();
  const { data: open } = useQuery({
    ...trpc.deployments.get.queryOptions({ org, project, deployment }),
    enabled: deployment !== '',
  });
  const { data } = useQuery({
    ...trpc.releases.list.queryOptions({ org, deploymentId: open?.id ?? '' }),
    enabled: open !== undefined && deployment !== '',
  });
  if (!data || !open) return null;
  return (
    <Cmdk.Group heading={`Releases of ${open.name}`} className={groupStyle}>
      {data.items.slice(0, 20).map((release) => (
        <Cmdk.Item
          key={release.id}
          value={`${releaseTitle(release)} ${release.commits.map((commit) => `${commit.commit} ${commit.message}`).join(' ')} ${release.id}`}
          onSelect={() => {
            close();
            router.push(`/${org}/${project}/${deployment}/releases/${String(release.number ?? release.id)}`);
          }}
          className={itemStyle}
        >
          <StatusShape tone={release.isLive ? 'green' : stateWords[release.state].tone} label />
          <span className="shrink-0">{releaseTitle(release)}</span>
          <span className="truncate text-muted">{release.commits[0]?.message}</span>
        </Cmdk.Item>
      ))}
    </Cmdk.Group>
  );
}
