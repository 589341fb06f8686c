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

const stageOrder = ['production', 'staging', 'testing'];
const stageRank = (stage: string): number => {
  const at = stageOrder.indexOf(stage);
  return at === -1 ? stageOrder.length : at;
};
/** Production first, then what comes before it, then the rest by name. */
export function byStage<D extends { stageName: string; name: string }>(
  deployments: readonly D[],
): { stage: string; deployments: D[] }[] {
  const stages = [...new Set(deployments.map((deployment) => deployment.stageName))];
  stages.sort((a, b) => stageRank(a) - stageRank(b) || a.localeCompare(b, 'en'));
  return stages.map((stage) => ({
    stage: stage.charAt(0).toUpperCase() + stage.slice(1),
    deployments: deployments
      .filter((deployment) => deployment.stageName === stage)
      .sort((a, b) => a.name.localeCompare(b.name, 'en')),
  }));
}
