import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { gatewaySocket, listenForGateway, prepareGatewayFolder } from '#server/ssh/gateway-folder.ts';

test('two workers that start at the same moment both listen, and the socket answers', async () => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'slipway-gateway-'));
  prepareGatewayFolder(stateDir);
  const socketPath = gatewaySocket(stateDir, 'desk');
  const servers = [1, 2, 3].map(() => createServer((socket) => socket.end('here')));
  await Promise.all(servers.map((server) => listenForGateway(server, socketPath)));
  const answer = await new Promise<string>((resolve, reject) => {
    connect(socketPath).on('error', reject).on('data', (data) => resolve(data.toString()));
  }); // prettier-ignore
  expect(answer).toBe('here');
  expect(readdirSync(path.dirname(socketPath))).toEqual(['desk.sock']);
  for (const server of servers) server.close();
  rmSync(stateDir, { recursive: true, force: true });
});
