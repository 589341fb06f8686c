// What the fault scenarios deploy. MODE says how it misbehaves; every answer says which release gave it.
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const mode = process.env.MODE ?? '';
const answer = process.env.ANSWER ?? '';
const release = process.env.RELEASE ?? '';
const open = new Set();
let checks = 0;
const json = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ release, answer, ...body }));
};
const hoard = () => {
  const kept = [];
  setInterval(() => kept.push(Buffer.alloc(16 * 1024 * 1024, 1)), 10);
};
const serve = async (request, response) => {
  const url = new URL(request.url, 'http://app');
  if (url.pathname === '/slow') return setTimeout(() => json(response, 200, {}), Number(url.searchParams.get('ms')));
  if (url.pathname === '/hoard') return hoard();
  if (url.pathname === '/write') writeFileSync('/written-inside', 'x');
  if (url.pathname === '/crash') response.on('finish', () => setTimeout(() => process.exit(3), 50));
  if (['/write', '/read', '/crash'].includes(url.pathname))
    return json(response, 200, { there: existsSync('/written-inside') });
  if (url.pathname === '/health') {
    checks += 1;
    if (mode === 'sick') return json(response, checks === 1 ? 200 : 500, {});
    if (mode === 'hanging') return undefined;
  }
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.length;
  return json(response, 200, { bytes });
};
const server = createServer((request, response) => void serve(request, response));
server.keepAliveTimeout = 75_000;
server.on('upgrade', (_request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  open.add(socket);
  socket.on('data', (data) => socket.write(data));
  socket.on('error', () => undefined).on('close', () => open.delete(socket));
});
process.on('SIGTERM', () => {
  if (mode === 'deaf') return console.log('not now');
  if (mode === 'hasty') process.exit(0);
  server.close(() => process.exit(0));
  for (const socket of open) socket.end();
  return undefined;
});

if (mode === 'hoarder') hoard();
else if (mode === 'crash') setTimeout(() => process.exit(3), 50);
else if (mode === 'silent' || process.env.PORT === undefined) setInterval(() => undefined, 1000);
else {
  const port = mode === 'wrong-port' ? 9999 : Number(process.env.PORT);
  const host = mode === 'loopback' ? '127.0.0.1' : '0.0.0.0';
  const listen = () => server.listen(port, host, () => console.log(`listening on ${port}`));
  setTimeout(listen, Number(process.env.BOOT_MS ?? 0));
  if (mode === 'crash-later') setTimeout(() => process.exit(4), Number(process.env.CRASH_MS ?? 1500));
}
