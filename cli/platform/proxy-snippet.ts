/** What to add to the web server that already has ports 80 and 443. Pure text. */

export interface ProxyTarget {
  dashboardHost: string;
  appsDomain: string;
  httpPort: number;
}

const nginx = ({ dashboardHost, appsDomain, httpPort }: ProxyTarget): string => `# nginx: /etc/nginx/conf.d/slipway.conf
map $http_upgrade $slipway_connection { default upgrade; "" ""; }
server {
  listen 443 ssl;
  server_name ${dashboardHost} *.${appsDomain};
  ssl_certificate     /etc/ssl/slipway/fullchain.pem;
  ssl_certificate_key /etc/ssl/slipway/privkey.pem;
  client_max_body_size 0;
  location / {
    proxy_pass http://127.0.0.1:${httpPort};
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection $slipway_connection;
    proxy_buffering off;
    proxy_request_buffering off;
    proxy_read_timeout 1h;
  }
}`;

const caddy = ({ dashboardHost, appsDomain, httpPort }: ProxyTarget): string => `# Caddy: Caddyfile
${dashboardHost}, *.${appsDomain} {
	reverse_proxy 127.0.0.1:${httpPort} {
		flush_interval -1
	}
}`;

const apache = ({ dashboardHost, appsDomain, httpPort }: ProxyTarget): string => `# Apache: a2enmod ssl proxy_http
<VirtualHost *:443>
  ServerName ${dashboardHost}
  ServerAlias *.${appsDomain}
  SSLEngine on
  SSLCertificateFile /etc/ssl/slipway/fullchain.pem
  SSLCertificateKeyFile /etc/ssl/slipway/privkey.pem
  ProxyPreserveHost On
  ProxyTimeout 3600
  ProxyPass / http://127.0.0.1:${httpPort}/ upgrade=websocket flushpackets=on
</VirtualHost>`;

const byProgram: Record<string, (target: ProxyTarget) => string> = { nginx, caddy, apache2: apache, httpd: apache };

/** For the program that has the port; nginx's as an example when it is another one. */
export const proxySnippet = (program: string, target: ProxyTarget): string => (byProgram[program] ?? nginx)(target);
