/** `slipway.yaml` at the commit that is deployed: the layer below what project and deployment set. */
import { and, eq } from 'drizzle-orm';
import type { Tx } from '#server/db/client.ts';
import { repositoryLocation } from '#server/db/repository-locations.ts';
import { drafts } from '#server/db/schema/projects.ts';
import { manifestBytes, type ManifestComponent, type ManifestFile, manifestName, problemLine, readManifest } from '#server/domain/manifest.ts'; // prettier-ignore
import type { SnapshotSource } from '#server/domain/release.ts';
import type { ComponentKind } from '#server/domain/words.ts';
import { badInput } from '#server/errors.ts';
import { SourceFailure } from '#server/source/types.ts';
import type { PlanContext } from '#server/usecases/plan-snapshot.ts';

const advice = 'Correct the file and push again. Nothing was built, and what serves now keeps serving.';

/** @throws SourceFailure manifest_invalid with every problem, file, line and column first */
export function parseManifest(text: string): ManifestComponent[] {
  const result = readManifest(text);
  if (result.kind === 'read') return result.components;
  const lines = result.problems.map(problemLine);
  const more = lines.length > 1 ? ` (and ${String(lines.length - 1)} more)` : '';
  throw new SourceFailure('manifest_invalid', `${lines[0] ?? manifestName}${more}`, advice, lines);
}

/** Reads each file once per commit. */
export class Manifests {
  readonly #ctx: PlanContext;
  readonly #signal: AbortSignal;
  readonly #files = new Map<string, Promise<ManifestFile | null>>();

  constructor(ctx: PlanContext, signal: AbortSignal) {
    this.#ctx = ctx;
    this.#signal = signal;
  }

  /** Null when the commit has no such file. @throws SourceFailure, AppError unavailable */
  of(source: SnapshotSource): Promise<ManifestFile | null> {
    if (source.kind === 'image' || source.commit === '') return Promise.resolve(null);
    const key = `${source.repositoryId} ${source.commit}`;
    const reading = this.#files.get(key) ?? this.#read(source);
    this.#files.set(key, reading);
    return reading;
  }

  /** All that could be read. */
  async files(): Promise<ManifestFile[]> {
    const settled = await Promise.allSettled(this.#files.values());
    return settled.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value] : []));
  }

  async #read(source: Extract<SnapshotSource, { kind: 'repository' }>): Promise<ManifestFile | null> {
    const { db, keys, actor, sources } = this.#ctx;
    const { repositoryId, commit, refName } = source;
    const location = await repositoryLocation(db, keys.credentials, actor.orgId, repositoryId);
    const text = await sources.read(location, commit, manifestName, manifestBytes, this.#signal);
    return text === null ? null : { repositoryId, commit, refName, components: parseManifest(text) };
  }
}

/**
 * What the file says of a component; null when it does not name it.
 * @throws SourceFailure manifest_invalid when it is of another kind there; AppError bad_input when a variable is not set
 */
export function manifestEntry(
  file: ManifestFile | null,
  component: { name: string; kind: ComponentKind; variables: readonly { key: string }[] },
): ManifestComponent | null {
  const said = file?.components.find((one) => one.name === component.name);
  if (!said) return null;
  if (said.kind !== component.kind) {
    const message = `${component.name} is a ${said.kind} here, and a ${component.kind} in the project: the kind of a component stays as it is.`;
    const line = problemLine({ line: said.line, column: 3, message });
    throw new SourceFailure('manifest_invalid', line, 'Give it another name in the file, or its kind back, and push again.', [line]); // prettier-ignore
  }
  const missing = said.variables.find((key) => !component.variables.some((variable) => variable.key === key));
  if (missing !== undefined)
    throw badInput(`variables.${missing}`, `${component.name} needs the variable ${missing} (${manifestName}, line ${String(said.line)}), and nobody set it.`); // prettier-ignore
  return said;
}

/** Kept for the pages, which read no repository; the files are those of the last look. Nothing is written when nothing changed. */
export async function rememberManifests(
  tx: Tx,
  orgId: string,
  deploymentId: string,
  files: readonly ManifestFile[],
): Promise<void> {
  const isDraft = and(eq(drafts.orgId, orgId), eq(drafts.deploymentId, deploymentId));
  const [row] = await tx.select({ manifests: drafts.manifests }).from(drafts).where(isDraft);
  if (!row || JSON.stringify(sorted(row.manifests ?? [])) === JSON.stringify(sorted(files))) return;
  await tx
    .update(drafts)
    .set({ manifests: [...files] })
    .where(isDraft);
}
// The database keeps keys in an order of its own.
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)])) // prettier-ignore
      : value;
