/** What the installation offers: templates and regions. */
import { asc, eq } from 'drizzle-orm';
import { regions } from '#server/db/schema/platform.ts';
import type { TemplateView } from '#server/domain/views/projects.ts';
import type { RegionView } from '#server/domain/views/releases.ts';
import { listTemplates as allTemplates } from '#server/templates/index.ts';
import { authorize, inOrg, type UseCaseContext } from '#server/usecases/context.ts';

export const listTemplates = (): TemplateView[] =>
  allTemplates().map(({ slug, version, title, description, tags, stages, components, parameters, screenshot }) => ({
    slug,
    version,
    title,
    description,
    tags: [...tags],
    screenshot: `/${screenshot}`,
    stages: stages.filter((stage) => stage.kind === 'built'),
    components: components.map(({ name, kind, description: line }) => ({ name, kind, description: line })),
    parameters: parameters.map(({ key, label, description: help, default: value }) => ({
      key,
      label,
      help,
      default: value,
    })),
  }));

export function listRegions(ctx: UseCaseContext): Promise<RegionView[]> {
  authorize(ctx, 'region.read');
  return inOrg(ctx, (tx) =>
    tx
      .select({ id: regions.id, slug: regions.slug, name: regions.name, appsDomain: regions.appsDomain, buildSlots: regions.buildSlots, rolloutSlots: regions.rolloutSlots })
      .from(regions)
      .where(eq(regions.enabled, true))
      .orderBy(asc(regions.createdAt))
      .limit(100),
  ); // prettier-ignore
}
