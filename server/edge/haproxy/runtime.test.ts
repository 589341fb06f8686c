import { expect, test } from 'vitest';
import { parseProcesses, parseStats } from '#server/edge/haproxy/runtime.ts';

const columns = ['pxname', 'svname', 'qcur', 'scur', 'stot', 'bin', 'bout', 'hrsp_5xx', 'srv_abrt', 'check_desc'];
const csv = (...rows: (string | number)[][]): string =>
  `# ${columns.join(',')},\n${rows.map((row) => `${row.join(',')},`).join('\n')}\n`;

test("failed is what the edge answered itself and what broke off, not the application's own errors", () => {
  const { counted } = parseStats(
    csv(
      ['p1', 's1', 0, 0, 9, 1, 2, 4, 0, ''],
      ['p1', 's2', 0, 0, 9, 1, 2, 1, 0, ''],
      ['p1', 'BACKEND', 0, 0, 20, 100, 200, 7, 3, ''],
    ),
  );
  expect(counted.get('p1')).toEqual({ requests: 20, failed: 5, held: 0, bytesIn: 100, bytesOut: 200 });
});

test('open is what a server holds and what waits for it; what waits for any is told apart', () => {
  const { servers } = parseStats(
    csv(['p1', 's1', 2, 3, 0, 0, 0, 0, 0, '"Layer4, passed"'], ['p1', 'BACKEND', 5, 9, 0, 0, 0, 0, 0, '']),
  );
  expect(servers).toEqual([{ slot: 'p1', name: 's1', open: 5, waiting: 5 }]);
});

test('the master tells its worker, old workers and failed reloads', () => {
  const text = `#<PID>          <type>          <reloads>       <uptime>        <version>
10528           master          2 [failed: 1]   0d00h00m00s     2.6.12-1+deb12u4
# workers
10545           worker          0               0d00h00m00s     2.6.12-1+deb12u4
# old workers
10529           worker          1               0d00h00m00s     2.6.12-1+deb12u4
10512           worker          2               0d00h00m00s     2.6.12-1+deb12u4
# programs
`;
  expect(parseProcesses(text)).toEqual({ master: 10_528, worker: 10_545, old: [10_529, 10_512], failedReloads: 1 });
  expect(parseProcesses('')).toBeNull();
});
