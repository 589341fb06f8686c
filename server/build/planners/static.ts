/** Planner: plain files, served as they are. */
import { fileServerPort, fileServerStage } from '#server/build/planners/file-server.ts';
import { planFailure, renderedPlan } from '#server/build/planners/results.ts';
import type { PlanInput, Planner } from '#server/build/planners/types.ts';

const usualFolders = ['', 'public', 'dist', 'build', 'site', '_site', 'out', 'www', 'docs'];

const indexOf = (folder: string): string => (folder === '' ? 'index.html' : `${folder}/index.html`);

/** The folder to serve; null when none has an index.html and none is set. */
export const staticFolder = ({ files, settings }: PlanInput): string | null =>
  settings.build.outputDirectory ?? usualFolders.find((folder) => files.paths.includes(indexOf(folder))) ?? null;

export const staticPlanner: Planner = {
  name: 'static',
  detect: (input) => staticFolder(input) !== null || input.context.kind === 'static',
  plan(input) {
    const folder = staticFolder(input);
    const setting = 'build.outputDirectory';
    if (folder === null)
      return planFailure('no_planner', setting, 'There is no index.html to serve.', 'Set the output directory.');
    if (folder !== '' && input.files.leavesRepository(folder))
      return planFailure('path_outside_repository', setting, 'The output directory is a link that leads out of the repository.', 'Set it to a folder of the repository.'); // prettier-ignore
    if (folder !== '' && !input.files.paths.some((path) => path.startsWith(`${folder}/`)))
      return planFailure('no_planner', setting, `There is no folder ${folder} in the root directory.`, 'Correct the output directory.'); // prettier-ignore
    const where = folder === '' ? 'the root directory' : folder;
    return renderedPlan(input, 'static', {
      found: [`Files in ${where}`, 'nginx'],
      stages: [fileServerStage({ from: null, folder: folder === '' ? '.' : folder, isSinglePage: false })],
      port: fileServerPort,
    });
  },
};
