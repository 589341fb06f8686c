import { edgeContract } from '#server/edge/contract.ts';
import { startOrigin, startTestEdge, type Origin } from '#server/edge/haproxy/testing.ts';

edgeContract('haproxy', async () => {
  const test = await startTestEdge();
  const origins: Origin[] = [];
  return {
    driver: test.edge,
    server: async (name) => {
      const origin = await startOrigin(name);
      origins.push(origin);
      return origin.server;
    },
    request: async (host, path) => {
      const { status, origin, headers } = await test.request(host, path);
      const release = headers['x-slipway-release'];
      return { status, server: origin, release: typeof release === 'string' ? release : null };
    },
    hold: async (host, path) => {
      const held = await test.open(host, path === '/' ? '/hold' : path);
      const server = held.response.headers['x-origin'];
      return { server: String(server), end: async () => held.end(), ended: held.ended };
    },
    backendOf: (deploymentId, key) => test.edge.slotOf(deploymentId, key),
    pass: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
    close: async () => {
      await test.close();
      await Promise.all(origins.map((origin) => origin.close()));
    },
  };
});
