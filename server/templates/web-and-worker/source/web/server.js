import { createServer } from 'node:http';
import { hostname } from 'node:os';
import { page } from './page.js';

const port = Number(process.env.PORT ?? 3000);
const release = process.env.RELEASE ?? 'local';
const worker = { jobs: 0, at: 0 };
let stopping = false;

const workerState = () => {
  if (worker.at === 0) return 'not heard of yet';
  return `${worker.jobs} jobs, ${Math.round((Date.now() - worker.at) / 1000)} s ago`;
};

const readReport = async (request) => {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk;
    if (text.length > 1000) throw new Error('too long');
  }
  const { jobs } = JSON.parse(text);
  if (!Number.isSafeInteger(jobs)) throw new Error('not a number');
  return jobs;
};

const routes = {
  'GET /health': (request, response) => response.writeHead(200, { 'Content-Type': 'text/plain' }).end('ok\n'),
  'GET /': (request, response) => {
    console.log('GET /');
    response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(
      page({
        greeting: process.env.APP_GREETING ?? 'Hello from two components',
        runtime: 'Web and worker: the web',
        values: { Release: release, Stage: process.env.STAGE ?? 'local', Instance: hostname(), Worker: workerState() },
      }),
    );
  },
  'POST /reports': async (request, response) => {
    try {
      worker.jobs = await readReport(request);
      worker.at = Date.now();
      response.writeHead(204).end();
    } catch {
      response.writeHead(400, { 'Content-Type': 'text/plain' }).end('Expected {"jobs": number}\n');
    }
  },
};

const server = createServer((request, response) => {
  if (stopping) response.setHeader('Connection', 'close');
  response.setHeader('X-Release', release);
  const route = routes[`${request.method} ${(request.url ?? '/').split('?')[0]}`];
  if (route) route(request, response);
  else response.writeHead(404, { 'Content-Type': 'text/plain' }).end('Not found\n');
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
