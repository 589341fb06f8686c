/**
 * The builder's network: a namespace of its own, joined to the host by one veth pair with NAT. Two rule sets keep builds
 * off everything private: one inside, whose output chain also covers what the engine itself fetches for `ADD http://…`,
 * and one on the host, so that builds reach no port of it and nothing reaches builds.
 */
import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import * as z from 'zod';
import type { BuilderPaths } from '#server/build/builder-paths.ts';
import { AppError } from '#server/errors.ts';
import { exec, execOk } from '#server/exec.ts';

/** Bridge of the builds inside the namespace; the same in every installation, nobody else sees it. */
export const buildBridge = '198.19.0.1/17';

const privateRanges = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
  '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3',
].join(', '); // prettier-ignore

const routesSchema = z.array(z.object({ dst: z.string() }));
const addressesSchema = z.array(
  z.object({
    ifname: z.string(),
    addr_info: z.array(z.object({ family: z.string(), local: z.string(), prefixlen: z.number() })),
  }),
);

const toNumber = (address: string): number => address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
const toAddress = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

function overlaps(cidr: string, base: number): boolean {
  const [address = '', prefix = '32'] = cidr.split('/');
  if (!isIPv4(address) || prefix === '0') return false;
  const size = 2 ** (32 - Number(prefix));
  const start = Math.floor(toNumber(address) / size) * size;
  return base < start + size && start < base + 4;
}

const inNamespace = (paths: BuilderPaths, ...argv: string[]): readonly string[] => [
  `--net=/run/netns/${paths.namespace}`,
  '--',
  ...argv,
];

/** Nameservers that builds may ask. Loopback ones belong to the host's namespace and would not answer. */
async function nameservers(): Promise<string[]> {
  for (const file of ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const found = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)]
      .map((match) => match[1] ?? '')
      .filter((address) => isIPv4(address) && !address.startsWith('127.'));
    if (found.length > 0) return [...new Set(found)];
  }
  return [];
}

/** A /30 of 198.18.0.0/16 that no route or address of the host touches; the tag decides where the search begins. */
async function freeSubnet(paths: BuilderPaths, signal: AbortSignal): Promise<number> {
  const [links, routes] = await Promise.all([
    execOk('ip', ['-j', '-4', 'address', 'show'], { signal }),
    execOk('ip', ['-j', '-4', 'route', 'show', 'table', 'all'], { signal }),
  ]);
  const taken = [
    ...addressesSchema
      .parse(JSON.parse(links.stdout))
      .flatMap((link) => link.addr_info.map((info) => `${info.local}/${String(info.prefixlen)}`)),
    ...routesSchema.parse(JSON.parse(routes.stdout)).map((route) => route.dst),
  ];
  const first = toNumber('198.18.0.0');
  const start = Number.parseInt(paths.tag, 36) % 16_384;
  for (let index = 0; index < 16_384; index += 1) {
    const base = first + ((start + index) % 16_384) * 4;
    if (!taken.some((cidr) => overlaps(cidr, base))) return base;
  }
  throw new AppError('unavailable', 'No free subnet for builds below 198.18.0.0/16.');
}

/** The link's own subnet when it is up already. */
async function presentSubnet(paths: BuilderPaths, signal: AbortSignal): Promise<number | null> {
  const shown = await exec('ip', ['-j', '-4', 'address', 'show', 'dev', paths.hostLink], { signal });
  if (shown.exitCode !== 0) return null;
  const info = addressesSchema.parse(JSON.parse(shown.stdout)).at(0)?.addr_info.at(0);
  return info ? toNumber(info.local) - 1 : null;
}

const insideRules = (dns: readonly string[]): string => `
table bridge slipway
delete table bridge slipway
table bridge slipway {
  chain forward { type filter hook forward priority 0; policy drop; }
}
table inet slipway
delete table inet slipway
table inet slipway {
  set private4 { type ipv4_addr; flags interval; elements = { ${privateRanges} } }
  set dns4 { type ipv4_addr; ${dns.length > 0 ? `elements = { ${dns.join(', ')} }` : ''} }
  chain output { type filter hook output priority -10; policy accept; jump egress; }
  chain forward { type filter hook forward priority -10; policy drop; iifname "docker0" jump egress; iifname "docker0" accept; ct state established,related accept; }
  chain input { type filter hook input priority -10; policy accept; ct state established,related accept; tcp flags & rst == rst accept; iifname "lo" accept; meta l4proto tcp reject with tcp reset; drop; }
  chain egress {
    ct state established,related accept
    tcp flags & rst == rst accept
    meta nfproto ipv6 drop
    ip daddr @dns4 meta l4proto { tcp, udp } th dport 53 accept
    ip daddr @private4 meta l4proto tcp reject with tcp reset
    ip daddr @private4 drop
    fib daddr type local meta l4proto tcp reject with tcp reset
    fib daddr type local drop
    tcp dport 25 reject with tcp reset
  }
}
`;

/** Host side: `fib daddr type local` covers every address that the host has or gets, its public ones included. */
const hostRules = (paths: BuilderPaths, subnet: string): string => `
table inet ${paths.table}
delete table inet ${paths.table}
table inet ${paths.table} {
  chain input { type filter hook input priority -10; policy accept; iifname "${paths.hostLink}" jump from_builds; }
  chain from_builds {
    ct state established,related accept
    meta l4proto tcp reject with tcp reset
    drop
  }
  chain forward { type filter hook forward priority -10; policy accept;
    iifname "${paths.hostLink}" oifname "docker0" drop
    iifname "${paths.hostLink}" oifname "slw*" drop
    oifname "${paths.hostLink}" ct state new drop
  }
  chain nat { type nat hook postrouting priority srcnat; policy accept; ip saddr ${subnet} oifname != "${paths.hostLink}" masquerade; }
}
`;

const forwardRules = (paths: BuilderPaths): string[][] => [
  ['-i', paths.hostLink, '-j', 'ACCEPT'],
  ['-o', paths.hostLink, '-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '-j', 'ACCEPT'],
];

/** False when somebody flushed the host's rules: builds would reach it, or nothing. */
export async function hasHostRules(paths: BuilderPaths, signal: AbortSignal): Promise<boolean> {
  const looks = await Promise.all([
    exec('nft', ['list', 'table', 'inet', paths.table], { signal }),
    ...forwardRules(paths).map((rule) => exec('iptables', ['-w', '-C', 'FORWARD', ...rule], { signal })),
  ]);
  return looks.every(({ exitCode }) => exitCode === 0);
}

/** Docker sets the forward policy to drop; what another table drops is final, so the accept must be in that chain. */
async function acceptForward(paths: BuilderPaths, add: boolean, signal: AbortSignal): Promise<void> {
  for (const rule of forwardRules(paths)) {
    const present = await exec('iptables', ['-w', '-C', 'FORWARD', ...rule], { signal });
    if (add && present.exitCode !== 0) await execOk('iptables', ['-w', '-I', 'FORWARD', ...rule], { signal });
    if (!add && present.exitCode === 0) await exec('iptables', ['-w', '-D', 'FORWARD', ...rule], { signal });
  }
}

async function createLink(paths: BuilderPaths, base: number, signal: AbortSignal): Promise<void> {
  const { namespace, hostLink, builderLink } = paths;
  const inside = (...argv: string[]): Promise<unknown> => execOk('nsenter', inNamespace(paths, ...argv), { signal });
  await exec('ip', ['link', 'delete', hostLink], { signal });
  await execOk('ip', ['link', 'add', hostLink, 'type', 'veth', 'peer', 'name', builderLink, 'netns', namespace], { signal }); // prettier-ignore
  await execOk('ip', ['address', 'add', `${toAddress(base + 1)}/30`, 'dev', hostLink], { signal });
  await execOk('ip', ['link', 'set', hostLink, 'up'], { signal });
  await inside('ip', 'link', 'set', 'lo', 'up');
  await inside('ip', 'address', 'add', `${toAddress(base + 2)}/30`, 'dev', builderLink);
  await inside('ip', 'link', 'set', builderLink, 'up');
  await inside('ip', 'route', 'replace', 'default', 'via', toAddress(base + 1));
}

export interface BuilderNetwork {
  nameservers: readonly string[];
}

/** Makes the namespace, the link and both rule sets, or mends what is missing of them. @throws AppError unavailable */
export async function ensureNetwork(paths: BuilderPaths, signal: AbortSignal): Promise<BuilderNetwork> {
  const known = await exec('nsenter', inNamespace(paths, 'true'), { signal });
  if (known.exitCode !== 0) {
    await exec('ip', ['netns', 'delete', paths.namespace], { signal });
    await execOk('ip', ['netns', 'add', paths.namespace], { signal });
  }
  let base = await presentSubnet(paths, signal);
  const routed = await exec('nsenter', inNamespace(paths, 'ip', 'route', 'get', '192.0.2.1'), { signal });
  if (base === null || routed.exitCode !== 0) {
    base = await freeSubnet(paths, signal);
    await createLink(paths, base, signal);
  }
  const dns = await nameservers();
  await execOk('sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1'], { signal });
  await execOk('nsenter', inNamespace(paths, 'nft', '-f', '-'), { input: insideRules(dns), signal });
  await execOk('nft', ['-f', '-'], { input: hostRules(paths, `${toAddress(base)}/30`), signal });
  await acceptForward(paths, true, signal);
  return { nameservers: dns };
}

/** Removes all of it; fine when there is none. */
export async function removeNetwork(paths: BuilderPaths, signal: AbortSignal): Promise<void> {
  await acceptForward(paths, false, signal);
  await exec('ip', ['link', 'delete', paths.hostLink], { signal });
  await exec('ip', ['netns', 'delete', paths.namespace], { signal });
  await exec('nft', ['delete', 'table', 'inet', paths.table], { signal });
}
