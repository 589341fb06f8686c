/** The one API. Output types: `server/domain/views/*`. Errors: `error.data` has `reason`, `field`, `retryAfterSeconds`. */
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { accountRouter } from '#server/api/routers/account.ts';
import { componentsRouter } from '#server/api/routers/components.ts';
import { credentialsRouter } from '#server/api/routers/credentials.ts';
import { deploymentsRouter } from '#server/api/routers/deployments.ts';
import { draftsRouter } from '#server/api/routers/drafts.ts';
import { eventsRouter } from '#server/api/routers/events.ts';
import { logsRouter } from '#server/api/routers/logs.ts';
import { membersRouter } from '#server/api/routers/members.ts';
import { operationsRouter } from '#server/api/routers/operations.ts';
import { organizationsRouter } from '#server/api/routers/organizations.ts';
import { metricsRouter } from '#server/api/routers/metrics.ts';

import { platformRouter, usageRouter } from '#server/api/routers/platform.ts';
import { projectsRouter } from '#server/api/routers/projects.ts';
import { queueRouter, regionsRouter } from '#server/api/routers/regions.ts';
import { releasesRouter } from '#server/api/routers/releases.ts';
import { repositoriesRouter } from '#server/api/routers/repositories.ts';
import { storageRouter } from '#server/api/routers/storage.ts';
import { setupRouter } from '#server/api/routers/setup.ts';
import { tagsRouter } from '#server/api/routers/tags.ts';
import { templatesRouter } from '#server/api/routers/templates.ts';
import { variablesRouter } from '#server/api/routers/variables.ts';
import { createCallerFactory, router } from '#server/api/trpc.ts';

export const appRouter = router({
  setup: setupRouter,
  account: accountRouter,
  organizations: organizationsRouter,
  members: membersRouter,
  templates: templatesRouter,
  repositories: repositoriesRouter,
  projects: projectsRouter,
  components: componentsRouter,
  credentials: credentialsRouter,
  deployments: deploymentsRouter,
  drafts: draftsRouter,
  variables: variablesRouter,
  releases: releasesRouter,
  operations: operationsRouter,
  tags: tagsRouter,
  storage: storageRouter,
  logs: logsRouter,
  metrics: metricsRouter,
  events: eventsRouter,
  regions: regionsRouter,
  queue: queueRouter,
  usage: usageRouter,
  platform: platformRouter,
});
export type AppRouter = typeof appRouter;
export type RouterInputs = inferRouterInputs<AppRouter>;
export type RouterOutputs = inferRouterOutputs<AppRouter>;
export const createCaller = createCallerFactory(appRouter);
