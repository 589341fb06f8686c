/** The image that serves plain files: nginx as an ordinary user, on the port of `PORT`. */
import { imageUser, type Stage } from '#server/build/render.ts';

export const fileServerPort = 8080;

/** No single quote may stand in here: it is written by `printf '%s'`. */
const configuration = (fallback: string): string => `pid /tmp/nginx.pid;
worker_processes 1;
error_log /dev/stderr warn;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log off;
  server_tokens off;
  sendfile on;
  keepalive_timeout 75s;
  keepalive_requests 100000;
  gzip on;
  gzip_vary on;
  gzip_types text/css text/javascript application/javascript application/json image/svg+xml text/plain application/xml;
  client_body_temp_path /tmp/nginx-body;
  proxy_temp_path /tmp/nginx-proxy;
  fastcgi_temp_path /tmp/nginx-fastcgi;
  uwsgi_temp_path /tmp/nginx-uwsgi;
  scgi_temp_path /tmp/nginx-scgi;
  server {
    listen @PORT@;
    root /srv/files;
    index index.html;
    absolute_redirect off;
    error_page 404 /404.html;
    location ~ /\\. { return 404; }
    location ~* \\.(?:html?)$ { add_header Cache-Control no-cache; }
    location / { add_header Cache-Control no-cache; try_files $uri $uri.html $uri/index.html ${fallback}; }
  }
}
`;

const start =
  'sed "s/@PORT@/${PORT:-8080}/" /etc/nginx/files.conf > /tmp/nginx.conf && exec nginx -e /dev/stderr -c /tmp/nginx.conf -g "daemon off;"';

/** @param from the stage with the files, or null for the build context. */
export const fileServerStage = (options: { from: string | null; folder: string; isSinglePage: boolean }): Stage => ({
  from: 'nginx:stable',
  steps: [
    {
      do: 'run',
      command: `printf '%s' '${configuration(options.isSinglePage ? '/index.html' : '=404')}' > /etc/nginx/files.conf`,
    },
    {
      do: 'copy',
      ...(options.from === null ? {} : { from: options.from }),
      sources: [options.folder],
      to: '/srv/files',
    },
    { do: 'user', user: imageUser },
    { do: 'expose', port: fileServerPort },
    { do: 'stop-signal', signal: 'SIGQUIT' }, // nginx's graceful stop
    { do: 'start', argv: ['/bin/sh', '-c', start] },
  ],
});
