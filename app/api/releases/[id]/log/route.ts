import { downloadReleaseLog } from '#server/api/log-download.ts';
import { createContext } from '#server/api/request.ts';

/** The whole log of a release as a text file: `/api/releases/<id>/log?org=<slug>`. */
export async function GET(request: Request, route: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await route.params;
  return downloadReleaseLog(await createContext(request.headers), new URL(request.url), id);
}
