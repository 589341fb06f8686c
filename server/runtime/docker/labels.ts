/** Labels by which this installation knows its own objects. Two installations may share one engine. */
export const label = {
  installation: 'slipway.installation',
  instance: 'slipway.instance',
  deployment: 'slipway.deployment',
  component: 'slipway.component',
  release: 'slipway.release',
  role: 'slipway.role',
  address: 'slipway.address',
  /** Names inside the deployment, separated by spaces. */
  aliases: 'slipway.aliases',
  /** Ids of the volumes that it is started with, separated by spaces. */
  volumes: 'slipway.volumes',
  /** Digest of the spec that a container was made from. */
  spec: 'slipway.spec',
} as const;

/** The engine's `filters` parameter for objects that carry all of these labels. */
export const labelled = (labels: Record<string, string>, more: Record<string, readonly string[]> = {}): string =>
  JSON.stringify({ label: Object.entries(labels).map(([key, value]) => `${key}=${value}`), ...more });
