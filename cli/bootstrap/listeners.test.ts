import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { belongsTo, listeningInodes, portOwner } from './listeners.mjs';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 20 4 30 10 -1
`;

describe('who has a port', () => {
  it('counts listening sockets only, not connections', () => {
    expect(listeningInodes(table, 8080)).toEqual(['4711']);
    expect(listeningInodes(table, 80)).toEqual([]);
  });

  it('finds the process, and nobody once it stopped', async () => {
    const server = createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    expect(portOwner(port)?.pid).toBe(process.pid);
    await new Promise((resolve) => server.close(resolve));
    expect(portOwner(port)).toBeNull();
  });

  it('takes a process for ours when its command line names the state folder', () => {
    expect(belongsTo({ pid: 0, commandLine: 'haproxy -W -C /srv/.slipway/edge' }, '/srv/.slipway')).toBe(true);
    expect(belongsTo({ pid: 0, commandLine: 'nginx: master process' }, '/srv/.slipway')).toBe(false);
  });
});
