// Answers say which release and which code gave them; each POST is logged with its id, so that a test can count them.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { version } from './version.mjs';

const release = process.env.RELEASE ?? '';
const json = (response, body) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ release, version, ...body }));
};
const routes = {
  '/': (_request, response) => json(response, { greeting: process.env.APP_GREETING ?? '' }),
  '/slow': (_request, response) => setTimeout(() => json(response, {}), 5000),
  '/download': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'x-version': version });
    let sent = 0;
    const timer = setInterval(() => {
      response.write(Buffer.alloc(1024, 'x'));
      sent += 1;
      if (sent === 100) {
        clearInterval(timer);
        response.end();
      }
    }, 200);
    response.on('close', () => clearInterval(timer));
  },
  '/count': async (request, response) => {
    let bytes = 0;
    for await (const chunk of request) bytes += chunk.length;
    process.stdout.write(`POST ${request.headers['x-id']} ${bytes}\n`);
    json(response, { bytes });
  },
};
const server = createServer((request, response) => (routes[request.url] ?? routes['/'])(request, response));
server.keepAliveTimeout = 75_000;
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => socket.on('message', (message) => socket.send(String(message))));
server.listen(Number(process.env.PORT ?? 3000), () => console.log(`listening as ${version}`));
process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  for (const socket of sockets.clients) socket.close(1001);
});
