/** For tests: an agent over a region in a folder of its own, and a client of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectAgent } from '#server/agent/client.ts';
import { createMemoryFences } from '#server/agent/fences.ts';
import { serveAgent } from '#server/agent/server.ts';
import type { AgentServer } from '#server/agent/server.ts';
import type { FencedRegion, Region } from '#server/agent/types.ts';
import { createLogger } from '#server/log.ts';

export interface TestAgent {
  socketPath: string;
  remote: FencedRegion;
  server: AgentServer;
  /** Lines that the agent logged. */
  logged: string[];
  dispose(): Promise<void>;
}

export async function startTestAgent(region: Region): Promise<TestAgent> {
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-agent-'));
  const socketPath = path.join(folder, 'run', 'agent.sock');
  const logged: string[] = [];
  const log = createLogger({ role: 'agent' }, (line) => logged.push(line));
  const server = await serveAgent({ region, fences: createMemoryFences(), log }, socketPath);
  return {
    socketPath,
    remote: connectAgent(socketPath),
    server,
    logged,
    async dispose() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
