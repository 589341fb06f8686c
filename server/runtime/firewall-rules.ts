/**
 * What instances may reach, as one nftables table per installation. The engine alone leaves every port of the host, the
 * metadata address and other gateways open to them. A drop here is final; an accept is not, since the engine's own chains
 * still follow.
 */
import { isIP, isIPv4 } from 'node:net';

export interface FirewallPlan {
  /** Four characters of the installation: its bridges are `slw-<tag>-*`. */
  tag: string;
  /** Ports of this machine that everybody may reach, so instances too. */
  openPorts: readonly number[];
  /** Resolvers that the engine's DNS asks from inside the instances' networks; they may have private addresses. */
  resolvers: readonly string[];
}

/** Everything that is not the public internet, metadata services among it. */
const privateRanges = [
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24',
  '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3',
]; // prettier-ignore
/** New connections of one instance at a time; more are dropped. */
const connectionLimit = 2000;

export const tableName = (tag: string): string => `slipway_${tag}`;

/** A whole `nft -f` file that replaces the table in one transaction. */
export function renderRules({ tag, openPorts, resolvers }: FirewallPlan): string {
  const table = tableName(tag);
  const own = `"slw-${tag}-*"`;
  const dns = resolvers.filter((resolver) => isIPv4(resolver));
  const toResolvers =
    dns.length === 0 ? [] : [`ip daddr { ${dns.join(', ')} } meta l4proto { tcp, udp } th dport 53 accept`];
  const input = [
    'ct state established,related accept',
    'meta nfproto ipv6 drop',
    ...(openPorts.length === 0 ? [] : [`tcp dport { ${openPorts.join(', ')} } accept`]),
    ...toResolvers, // a resolver on this machine
    'meta l4proto tcp reject with tcp reset',
    'drop',
  ];
  const egress = [
    'ct state established,related accept',
    'meta nfproto ipv6 drop',
    // Inside one bridge; nft cannot compare the two interfaces, but the route back tells.
    'oifname "slw-*" fib daddr . iif oif exists accept',
    'oifname "slw*" drop',
    `ct state new add @connections { ip saddr ct count over ${connectionLimit} } drop`,
    ...toResolvers,
    `ip daddr { ${privateRanges.join(', ')} } meta l4proto tcp reject with tcp reset`,
    `ip daddr { ${privateRanges.join(', ')} } drop`,
    'tcp dport 25 reject with tcp reset',
  ];
  const chain = (name: string, lines: readonly string[]): string =>
    `  chain ${name} {\n${lines.map((line) => `    ${line}\n`).join('')}  }\n`;
  return [
    `table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n`,
    '  set connections { type ipv4_addr; flags dynamic; size 65535; }\n',
    chain('from_instances', input),
    chain('egress', egress),
    chain('input', [`type filter hook input priority -10; policy accept;`, `iifname ${own} jump from_instances`]),
    chain('forward', [
      'type filter hook forward priority -10; policy accept;',
      `iifname ${own} jump egress`,
      // A neighbour on the LAN that routes through this machine; instances of one bridge were accepted above.
      `oifname ${own} iifname != ${own} ct state new drop`,
    ]),
    '}\n',
  ].join('');
}

/** Addresses of `nameserver` lines, without loopback ones: the engine does not pass those on either. */
export function parseResolvers(resolvConf: string): string[] {
  return resolvConf
    .split('\n')
    .flatMap((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? [])
    .filter((address) => isIP(address) !== 0 && !address.startsWith('127.') && address !== '::1');
}
