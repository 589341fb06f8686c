/** How many of each an organization may have. Checked under a lock, so that parallel requests cannot pass together. */
export const limits = {
  projects: 100,
  deploymentsPerProject: 30,
  componentsPerProject: 50,
  tagsPerProject: 500,
  credentials: 100,
  /** Current versions, all scopes of a project together. */
  variablesPerProject: 2000,
  membersAndInvitations: 300,
  /** Of one person. */
  sshKeys: 50,
} as const;

/** The newest releases of a deployment that were live keep their artifacts, so that a rollback to them is always possible. */
export const restorableReleases = 10;

/** How long what was deleted can be restored. */
export const trashHours = 48;
export const restorableUntil = (deletedAt: Date): Date => new Date(deletedAt.getTime() + trashHours * 3_600_000);
