/** Which answers an event makes old. Pure. */
export const topics = [
  'projects',
  'deployments',
  'releases',
  'tags',
  'queue',
  'variables',
  'drafts',
  'components',
  'members',
  'metrics',
  'storage',
] as const;
export type Topic = (typeof topics)[number];

const byWord: Record<string, readonly Topic[]> = {
  variables: ['variables', 'drafts', 'deployments'],
  draft: ['drafts', 'deployments'],
  component: ['components', 'drafts', 'projects', 'deployments'],
  project: ['projects', 'deployments'],
  deployment: ['deployments', 'projects', 'queue'],
  tag: ['tags', 'releases'],
  release: ['storage', 'releases', 'tags', 'deployments', 'projects', 'queue', 'drafts', 'variables'],
  operation: ['releases', 'deployments', 'projects', 'queue'],
  instance: ['deployments', 'projects'],
  status: ['deployments', 'projects'],
  branch: ['deployments'],
  member: ['members'],
  metrics: ['metrics'],
  volume: ['storage'],
  database: ['storage'],
};

/** `hello` comes after a gap that was not told of: everything may have changed. An unknown kind too. */
export function staleAfter(kinds: Iterable<string>): ReadonlySet<Topic> {
  const stale = new Set<Topic>();
  for (const kind of kinds) {
    for (const topic of byWord[kind.split(/[._:-]/)[0] ?? ''] ?? topics) stale.add(topic);
  }
  return stale;
}
