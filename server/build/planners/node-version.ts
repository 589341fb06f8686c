/** Which Node runs an application. Pure. */
import semver from 'semver';
import type { PackageJson } from '#server/build/planners/package-json.ts';
import type { RepositoryListing } from '#server/build/planners/types.ts';

/** Majors with a base image, the preferred one first. */
const majors = [24, 22, 20] as const;

export interface NodeVersion {
  major: number;
  /** Where it was found: `engines`, `.nvmrc`, `.node-version` or `default`. */
  from: string;
}

function bestMajor(wanted: string): number | null {
  const range = semver.validRange(wanted.trim().replace(/^v(?=\d)/, ''));
  if (range === null) return null;
  return majors.find((major) => semver.intersects(range, `^${major}.0.0`)) ?? null;
}

/** The newest major that satisfies what the repository says, or the text that none satisfies. */
export function nodeVersion(json: PackageJson, files: RepositoryListing): NodeVersion | { unsatisfied: string } {
  const said = [
    ['engines', json.engines.node],
    ['.nvmrc', files.read('.nvmrc')],
    ['.node-version', files.read('.node-version')],
  ] as const;
  for (const [from, text] of said) {
    if (text === undefined || text === null || text.trim() === '') continue;
    const wanted = /^(lts\/|node$|stable$|lts$|current$)/.test(text.trim()) ? '*' : text;
    const major = bestMajor(wanted);
    return major === null ? { unsatisfied: text.trim().slice(0, 50) } : { major, from };
  }
  return { major: majors[0], from: 'default' };
}
