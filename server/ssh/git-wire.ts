/** The first line on the worker's git socket, and what a client's git asks an SSH server to run. */
import * as z from 'zod';

const gitServices = ['git-upload-pack', 'git-receive-pack'] as const;

export const gitQuestion = z.strictObject({
  keyId: z.string().max(40).regex(/^key_[a-z0-9]+$/),
  connectionId: z.string().max(40).regex(/^con_[a-z0-9]+$/),
  address: z.string().max(60),
  service: z.enum(gitServices),
  org: z.string().max(40),
  project: z.string().max(40),
  /** Of the wire format; only newer clients say. */
  version: z.union([z.literal(1), z.literal(2)]).nullable(),
}); // prettier-ignore
export type GitQuestion = z.output<typeof gitQuestion>;

/** The login of git's own URLs, as everywhere. */
export const gitLogin = 'git';
const command =
  /^git[- ](upload-pack|receive-pack) (?:'\/?([a-z0-9-]{2,40})\/([a-z0-9-]{2,40}?)(?:\.git)?\/?'|\/?([a-z0-9-]{2,40})\/([a-z0-9-]{2,40}?)(?:\.git)?\/?)$/;

/** Null for anything but a clone, fetch or push of `<organization>/<project>.git`. */
export function parseGitCommand(text: string): Pick<GitQuestion, 'service' | 'org' | 'project'> | null {
  const found = command.exec(text);
  if (!found) return null;
  const [, verb, org = found[4] ?? '', project = found[5] ?? ''] = found;
  return { service: verb === 'receive-pack' ? 'git-receive-pack' : 'git-upload-pack', org, project };
}
