/** How many of each an organization may have. Checked under a lock, so that parallel requests cannot pass together. */
export const limits = {
  projects: 100,
  deploymentsPerProject: 30,
  componentsPerProject: 50,
  credentials: 100,
  /** Current versions, all scopes of a project together. */
  variablesPerProject: 2000,
  membersAndInvitations: 300,
} as const;

/** How long what was deleted can be restored. */
export const trashHours = 48;
export const restorableUntil = (deletedAt: Date): Date => new Date(deletedAt.getTime() + trashHours * 3_600_000);
