/** What the page of tags says. Pure. */
import { countWords } from '#app/ui/time-words.ts';
import type { CommitRef, ReleasePreview } from '#server/domain/views/releases.ts';
import type { TagComponentView, TagReleaseView, TagView } from '#server/domain/views/tags.ts';

/** The commits of a tag, those of one and the same commit together. */
export function tagCommits(tag: Pick<TagView, 'components'>): { commit: CommitRef; components: string[] }[] {
  const groups = new Map<string, { commit: CommitRef; components: string[] }>();
  for (const { name, commit } of tag.components) {
    if (!commit) continue;
    const group = groups.get(commit.commit);
    if (group) group.components.push(name);
    else groups.set(commit.commit, { commit, components: [name] });
  }
  return [...groups.values()];
}

/** Where it is: each deployment once, with what its newest release of the tag came to. */
export function tagPlaces(releases: readonly TagReleaseView[]): TagReleaseView[] {
  const seen = new Map<string, TagReleaseView>();
  for (const release of releases) {
    const known = seen.get(release.deploymentId);
    if (!known || (release.isLive && !known.isLive)) seen.set(release.deploymentId, release);
  }
  return [...seen.values()].toSorted((a, b) => Number(b.isLive) - Number(a.isLive));
}

/** "built", or what a deployment of it still has to build. */
export function builtWords(components: readonly TagComponentView[]): string {
  const waiting = components.filter((component) => !component.built && component.image === null);
  if (waiting.length === 0) return 'images are there';
  if (waiting.length === components.length) return 'not built yet';
  return `${countWords(waiting.length, 'component')} not built yet`;
}

/** What comes along besides the code. */
export function targetNote(preview: Pick<ReleasePreview, 'components' | 'variables'>): string {
  const settings = preview.components.reduce((sum, one) => sum + Math.max(1, one.fields.length), 0);
  const count = settings + preview.variables.length;
  return count === 0
    ? 'Its settings and variables stay as they are live.'
    : `Brings ${countWords(count, 'change')} of its own settings and variables.`;
}
