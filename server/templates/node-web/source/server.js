import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { page } from './page.js';

const port = Number(process.env.PORT ?? 3000);
const release = process.env.RELEASE ?? 'local';
let stopping = false;

const server = createServer((request, response) => {
  if (stopping) response.setHeader('Connection', 'close');
  response.setHeader('X-Release', release);
  const pathname = (request.url ?? '/').split('?')[0];
  if (pathname === '/health') {
    response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok\n');
    return;
  }
  if (pathname !== '/') {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found\n');
    return;
  }
  console.log(`${request.method} ${pathname}`);
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(
    page({
      greeting: process.env.APP_GREETING ?? 'Hello from Node.js',
      runtime: `Node.js ${process.versions.node}`,
      values: { Release: release, Stage: process.env.STAGE ?? 'local', Instance: hostname() },
    }),
  );
});

// Longer than the platform keeps its own idle connections, so that it never reuses one that is being closed.
server.keepAliveTimeout = 75_000;
server.headersTimeout = 80_000;
server.listen(port, () => console.log(`listening on ${port}`));

process.on('SIGTERM', () => {
  stopping = true;
  console.log('stopping: finishing open requests');
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
