/** The address pool of the deployment networks: a /16 of 10.0.0.0/8 that this machine does not route already. */

/** Networks of /proc/net/route as [first, last] addresses. The default route is left out. */
function routedRanges(table: string): [number, number][] {
  const toNumber = (hex: string): number => Buffer.from(hex, 'hex').reverse().readUInt32BE(0);
  return table
    .split('\n')
    .slice(1)
    .flatMap((row): [number, number][] => {
      const [, destination = '', , , , , , mask = ''] = row.trim().split(/\s+/);
      if (!/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask) || mask === '00000000') return [];
      const first = toNumber(destination);
      return [[first, first + (0xff_ff_ff_ff - toNumber(mask))]];
    });
}

/** The first of 10.213.0.0/16, 10.214.0.0/16, … that overlaps no route; the first one when all do. */
export function decideSubnets(routeTable: string): string {
  const routed = routedRanges(routeTable);
  for (let second = 213; second < 256; second += 1) {
    const first = 10 * 2 ** 24 + second * 2 ** 16;
    if (routed.every(([from, to]) => to < first || from > first + 65_535)) return `10.${second}.0.0/16`;
  }
  return '10.213.0.0/16';
}
