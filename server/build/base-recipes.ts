/**
 * How base images are made where no registry answers: Debian's packages, and Node from the npm registry. They carry the
 * official names and behave as those images do for what planners and common Dockerfiles use of them.
 */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';

/** Raise it when a recipe changes in a way that its text does not show. */
const revision = 1;
export const debianName = 'debian:bookworm-slim';
export const baseLabel = 'slipway.base';

export interface NpmPackage {
  spec: string;
  /** Folder of the build context that it is unpacked into. */
  folder: string;
}
export interface BaseRecipe {
  name: string;
  packages: readonly NpmPackage[];
  dockerfile: string;
}

/** Authorities that this machine trusts beside the public ones; containers must trust them to reach the same hosts. */
export interface PrivateTrust {
  bundle: string;
  folder: string;
  hash: string;
}
const localAuthorities = '/usr/local/share/ca-certificates';
const bundleFile = '/etc/ssl/certs/ca-certificates.crt';

export async function findPrivateTrust(): Promise<PrivateTrust | null> {
  const names = (await readdir(localAuthorities).catch(() => [])).filter((name) => name.endsWith('.crt'));
  if (names.length === 0) return null;
  const hash = createHash('sha256');
  for (const name of names.toSorted()) hash.update(await readFile(path.join(localAuthorities, name)));
  return { bundle: bundleFile, folder: localAuthorities, hash: hash.digest('hex') };
}

/** Debian's `slim` images leave these out too. */
const excluded = [
  '/usr/share/man/*',
  '/usr/share/info/*',
  '/usr/share/locale/*',
  '/usr/share/lintian/*',
  '/usr/share/doc/*',
];

/** Arguments of mmdebstrap. */
export function debianArguments(target: string, trust: PrivateTrust | null): string[] {
  return [
    '--variant=minbase',
    '--include=ca-certificates',
    '--aptopt=APT::Install-Recommends "false"',
    ...excluded.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
    '--dpkgopt=path-include=/usr/share/doc/*/copyright',
    ...(trust
      ? [
          `--customize-hook=copy-in ${trust.folder} ${path.dirname(trust.folder)}`,
          `--customize-hook=copy-in ${trust.bundle} ${path.dirname(trust.bundle)}`,
        ]
      : []),
    '--format=tar',
    'bookworm',
    target,
  ];
}

const user = 'groupadd --gid 1000 node && useradd --uid 1000 --gid node --create-home --shell /bin/bash node';

function node(major: number, npm: string, architecture: string, trust: PrivateTrust | null): BaseRecipe {
  return {
    name: `node:${String(major)}-bookworm-slim`,
    packages: [
      { spec: `node-linux-${architecture}@${String(major)}`, folder: 'node' },
      { spec: `npm@${npm}`, folder: 'npm' },
    ],
    dockerfile: `FROM ${debianName}
COPY node/bin/node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s node /usr/local/bin/nodejs \\
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx \\
 && ${user} && node --version && npm --version
${trust ? `ENV NODE_EXTRA_CA_CERTS=${trust.bundle}\n` : ''}CMD ["node"]
`,
  };
}

const install = (packages: string): string =>
  `apt-get update -qq && apt-get install -y -qq --no-install-recommends ${packages} && rm -rf /var/lib/apt/lists/*`;

const python = (trust: PrivateTrust | null): BaseRecipe => ({
  name: 'python:3.11-slim-bookworm',
  packages: [],
  // Debian keeps pip off its own Python; in an image there is nothing to protect from it.
  dockerfile: `FROM ${debianName}
RUN ${install('python3 python3-pip python3-venv')} \\
 && rm -f /usr/lib/python3.11/EXTERNALLY-MANAGED && ln -s python3 /usr/bin/python && python --version && pip --version
ENV LANG=C.UTF-8 PIP_ROOT_USER_ACTION=ignore
${trust ? `ENV PIP_CERT=${trust.bundle} REQUESTS_CA_BUNDLE=${trust.bundle} SSL_CERT_FILE=${trust.bundle}\n` : ''}CMD ["python3"]
`,
});

const nginx: BaseRecipe = {
  name: 'nginx:stable',
  packages: [],
  dockerfile: `FROM ${debianName}
RUN ${install('nginx-light')} && rm -f /etc/nginx/sites-enabled/* \\
 && ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log \\
 && mkdir -p /usr/share/nginx/html && printf 'server { listen 80; root /usr/share/nginx/html; }\\n' > /etc/nginx/conf.d/default.conf
EXPOSE 80
STOPSIGNAL SIGQUIT
CMD ["nginx", "-g", "daemon off;"]
`,
};

/** Most wanted first. @param architecture Node's name of it */
export const recipes = (architecture: string, trust: PrivateTrust | null): BaseRecipe[] => [
  node(24, '11', architecture, trust),
  nginx,
  python(trust),
  node(22, '10', architecture, trust),
  node(20, '10', architecture, trust),
];

/** Of everything that an image is made from: another value means that it is made anew. */
export function recipeVersion(name: string, trust: PrivateTrust | null, text: string): string {
  return createHash('sha256')
    .update(JSON.stringify([revision, name, trust?.hash ?? null, text, debianArguments('', trust)]))
    .digest('hex');
}
