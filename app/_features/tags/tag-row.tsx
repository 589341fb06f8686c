'use client';
import { Ellipsis, Rocket, Trash2 } from 'lucide-react';
import Link from 'next/link';
import { stateWords } from '#app/_features/release/view.ts';
import { builtWords, tagCommits, tagPlaces } from '#app/_features/tags/view.ts';
import { Button } from '#app/ui/button.tsx';
import { Copyable } from '#app/ui/copyable.tsx';
import { Menu, MenuContent, MenuItem, MenuTrigger } from '#app/ui/menu.tsx';
import { StatusShape } from '#app/ui/status.tsx';
import { Ago } from '#app/ui/time.tsx';
import type { TagReleaseView, TagView } from '#server/domain/views/tags.ts';

interface Props {
  tag: TagView;
  /** Address of the project. */
  base: string;
  denied: string | null;
  onDeploy: () => void;
  onDelete: () => void;
}

/** Name, commits, notes, where it is live, who made it. */
export function TagRow({ tag, base, denied, onDeploy, onDelete }: Props) {
  const places = tagPlaces(tag.releases);
  const commits = tagCommits(tag);
  return (
    <li data-row className="flex flex-wrap items-start gap-x-4 gap-y-1.5 py-3">
      <div className="flex min-w-0 flex-1 basis-72 flex-col gap-1">
        <p className="flex min-w-0 flex-wrap items-baseline gap-x-3">
          <span className="mono font-semibold" id={tag.id}>
            {tag.name}
          </span>
          <span className="text-sm text-muted">
            <Ago at={tag.createdAt} />
            {tag.createdBy ? ` by ${tag.createdBy.name}` : ''}, {builtWords(tag.components)}
          </span>
        </p>
        {tag.notes === '' ? null : <p className="text-sm text-pretty whitespace-pre-line">{tag.notes}</p>}
        {commits.map(({ commit, components }) => (
          <p key={commit.commit} className="flex min-w-0 items-center gap-2 text-sm">
            {tag.components.length > 1 ? <span className="shrink-0 text-muted">{components.join(', ')}</span> : null}
            <Copyable value={commit.commit} what="commit" className="shrink-0">
              {commit.commit.slice(0, 7)}
            </Copyable>
            <span
              className="min-w-0 truncate text-muted"
              title={`${commit.message} (${commit.author}, ${commit.refName})`}
            >
              {commit.message.split('\n', 1)[0]}
            </span>
          </p>
        ))}
      </div>
      <ul
        className="flex min-w-0 basis-72 flex-col gap-1 text-sm max-sm:basis-full"
        aria-label={`Where ${tag.name} is`}
      >
        {places.length === 0 ? <li className="text-muted">Not deployed yet</li> : null}
        {places.map((place) => (
          <TagPlace key={place.deploymentId} place={place} base={base} />
        ))}
      </ul>
      <div className="flex items-center gap-1">
        <Button
          aria-disabled={Boolean(denied)}
          title={denied ?? 'The same commits, with the settings of each deployment'}
          aria-label={`Deploy ${tag.name}`}
          onClick={() => !denied && onDeploy()}
        >
          <Rocket /> Deploy
        </Button>
        <Menu>
          <MenuTrigger asChild>
            <Button look="quiet" size="icon" aria-label={`Actions of ${tag.name}`}>
              <Ellipsis />
            </Button>
          </MenuTrigger>
          <MenuContent className="w-72">
            <MenuItem
              icon={<Trash2 />}
              danger
              disabledReason={denied}
              note="The name goes; releases with these commits stay"
              onSelect={onDelete}
            >
              Delete
            </MenuItem>
          </MenuContent>
        </Menu>
      </div>
    </li>
  );
}

function TagPlace({ place, base }: { place: TagReleaseView; base: string }) {
  const state = stateWords[place.state];
  const word = place.isLive ? 'Live' : place.outcome === 'live' ? 'Was live' : state.word;
  return (
    <li className="flex min-w-0 items-center gap-2">
      <StatusShape tone={place.isLive ? 'green' : place.outcome === 'live' ? 'grey' : state.tone} />
      <Link
        href={`${base}/${place.deploymentSlug}/releases/${String(place.number ?? place.releaseId)}`}
        className="min-w-0 truncate hover:underline"
      >
        {place.deploymentName}
      </Link>
      <span className="shrink-0 text-muted">
        {word}
        {place.number === null ? '' : `, release ${String(place.number)}`}
      </span>
    </li>
  );
}
