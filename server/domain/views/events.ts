/** What `events.follow` sends: invalidate by kind and id. `hello` comes first when there was no cursor. */
export type OrgEvent =
  | { kind: 'hello' }
  /** A log has new lines: read its next page. */
  | { kind: 'log'; deploymentId: string; releaseId: string | null }
  /** Instances were measured. */
  | { kind: 'metrics' }
  | {
      kind: string;
      seq: number;
      at: Date;
      projectId: string;
      deploymentId: string;
      releaseId: string | null;
    };
