/** All tables, for drizzle's configuration and client only; queries import the table that they use. */
export * from '#server/db/schema/instances.ts';
export * from '#server/db/schema/metrics.ts';
export * from '#server/db/schema/organizations.ts';
export * from '#server/db/schema/platform.ts';
export * from '#server/db/schema/projects.ts';
export * from '#server/db/schema/releases.ts';
export * from '#server/db/schema/volumes.ts';
export * from '#server/db/schema/tags.ts';
export * from '#server/db/schema/ssh.ts';
export * from '#server/db/schema/usage.ts';
