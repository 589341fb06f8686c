import type { StatusNode } from '#server/domain/status.ts';

/** What lists show of a status; the whole tree comes with the deployment. */
export type StatusSummary = Pick<StatusNode, 'colour' | 'unknown' | 'cause' | 'since' | 'lastSeen'>;
