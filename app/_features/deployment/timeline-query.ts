/** The same on the server and in the browser, so that what the server read is found. Releases write about ten events each. */
export const timelineInput = (org: string, deploymentId: string) => ({ org, deploymentId, limit: 150 });
