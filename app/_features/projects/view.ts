/** The list of projects: what needs a look comes first. Pure. */
import type { ProjectSummary } from '#server/domain/views/projects.ts';
import type { Tone } from '#app/ui/status.tsx';
import { countWords } from '#app/ui/time-words.ts';

const urgency = (project: ProjectSummary): number =>
  project.status.colour === 'red' ? 0 : project.status.colour === 'yellow' ? 1 : 2;

/** Red before yellow before the rest; by name among equals, so that rows do not wander with time. */
export const sortProjects = (projects: readonly ProjectSummary[]): ProjectSummary[] =>
  [...projects].sort((a, b) => urgency(a) - urgency(b) || a.name.localeCompare(b.name, 'en'));

/** The first thing read on the page: is everything fine. Null while there is nothing to say. */
export function summarySentence(projects: readonly ProjectSummary[]): { tone: Tone; sentence: string } | null {
  if (projects.length === 0) return null;
  const red = projects.filter((project) => project.status.colour === 'red');
  const yellow = projects.filter((project) => project.status.colour === 'yellow');
  const names = (list: readonly ProjectSummary[]): string =>
    list.length === 1 ? (list[0]?.name ?? '') : countWords(list.length, 'project');
  if (red.length > 0)
    return { tone: 'red', sentence: `${names(red)} ${red.length === 1 ? 'needs' : 'need'} attention` };
  if (yellow.length > 0)
    return { tone: 'yellow', sentence: `${names(yellow)} ${yellow.length === 1 ? 'has' : 'have'} an issue` };
  if (projects.every((project) => project.status.colour === 'grey'))
    return { tone: 'grey', sentence: 'Nothing is running' };
  return { tone: 'green', sentence: 'Everything works' };
}
