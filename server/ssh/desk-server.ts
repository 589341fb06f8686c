/** Serves the desk on a socket in the gateway's folder. */
import { createSocketServer } from '#server/agent/server.ts';
import type { Logger } from '#server/log.ts';
import type { Desk } from '#server/ssh/desk.ts';
import { deskRouter } from '#server/ssh/desk-router.ts';
import { listenForGateway } from '#server/ssh/gateway-folder.ts';

export async function serveDesk(desk: Desk, log: Logger, socketPath: string): Promise<{ close(): Promise<void> }> {
  const { server, close } = createSocketServer(deskRouter, log, (shutdown) => ({ desk, shutdown }));
  await listenForGateway(server, socketPath);
  return { close };
}
