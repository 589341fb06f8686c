/** Every sentence that a person reads when a repository cannot be used: one table, so that drivers agree. */
import type { FailureCode } from '#server/domain/release.ts';
import { SourceFailure } from '#server/source/types.ts';

type SourceCode = Extract<
  FailureCode,
  | 'clone_refused'
  | 'clone_unreachable'
  | 'clone_credentials'
  | 'clone_timeout'
  | 'clone_too_large'
  | 'host_key_changed'
  | 'ref_missing'
  | 'repository_empty'
  | 'root_missing'
  | 'path_outside_repository'
>;

const texts: Record<SourceCode, { message: string; advice: string }> = {
  clone_refused: {
    message: 'This repository URL is not allowed.',
    advice: 'Use an https or ssh URL of a host with a public address, or ask the operator to allow the host.',
  },
  clone_unreachable: {
    message: 'The host of the repository does not answer.',
    advice: 'Check the host and the port in the URL, and that the host accepts connections from this machine.',
  },
  clone_credentials: {
    message: 'The host refused access to the repository.',
    advice: 'Check the URL, and set a token or a deploy key that may read this repository.',
  },
  clone_timeout: {
    message: 'The repository was not fetched in time.',
    advice: 'Try again; if it stays slow, remove large files from the repository.',
  },
  clone_too_large: {
    message: 'The repository is larger than a deployment may fetch.',
    advice: 'Remove large or numerous files from this commit, or keep them outside of the repository.',
  },
  host_key_changed: {
    message: 'The SSH host key is not the one that was seen at first contact.',
    advice: 'If the host really changed its key, remove the pinned key in the repository settings and try again.',
  },
  ref_missing: {
    message: 'This branch, tag or commit is not in the repository.',
    advice: 'Choose a branch, tag or full commit id that the repository has.',
  },
  repository_empty: {
    message: 'The repository has no commits yet.',
    advice: 'Push a first commit, then deploy again.',
  },
  root_missing: {
    message: 'The root directory does not exist at this commit.',
    advice: 'Correct the root directory in the component settings, or push the folder.',
  },
  path_outside_repository: {
    message: 'A path leads out of the repository.',
    advice: 'Replace the symbolic link by a folder or file inside of the repository.',
  },
};

/** A failure with the table's words; `message` replaces the general sentence by a more exact one. */
export const sourceFailure = (code: SourceCode, message?: string): SourceFailure =>
  new SourceFailure(code, message ?? texts[code].message, texts[code].advice);
