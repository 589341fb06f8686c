/** What the rolling application says of the POSTs that it got. */
import type { Program } from './program.ts';

/** How often each POST's id stands in the consoles of all instances that ever ran. */
export async function postsInConsole(
  program: Program,
  place: { org: string; deploymentId: string },
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let after: string | undefined; ;) {
    const page = await program.api.logs.page.query({
      org: place.org, of: { kind: 'deployment', deploymentId: place.deploymentId }, limit: 5000, ...(after === undefined ? {} : { after }),
    }); // prettier-ignore
    for (const line of page.lines) {
      const id = /^POST (\S+) \d+$/u.exec(line.text)?.[1];
      if (id) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    if (!page.hasMore) return counts;
    after = page.after;
  }
}
