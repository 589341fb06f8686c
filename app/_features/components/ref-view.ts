/** What a component's code is taken from, in words. Pure. */
export const refKinds = {
  branch: { label: 'Newest commit of a branch', hint: 'The commit that the branch is at when a release is requested' },
  build: {
    label: 'Newest build of a branch',
    hint: 'What went live last from this branch in another deployment: commits that are not live there wait. The same image where the build values are equal',
  },
  tag: { label: 'Git tag', hint: 'The commit that the repository’s tag names when a release is requested' },
  commit: { label: 'Commit', hint: 'Exactly this one; the full id' },
} as const;
export type RefKind = keyof typeof refKinds;

const isKind = (value: unknown): value is RefKind => typeof value === 'string' && Object.hasOwn(refKinds, value);

/** A reference from whatever is in a draft. */
export function refOf(value: unknown): { kind: RefKind; name: string } {
  const part = (key: string): unknown =>
    typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  const [kind, name] = [part('kind'), part('name')];
  return { kind: isKind(kind) ? kind : 'branch', name: typeof name === 'string' ? name : '' };
}
export function refWords(value: unknown): string {
  const { kind, name } = refOf(value);
  return kind === 'build' ? `newest build of ${name}` : `${kind} ${name}`;
}
