/** What can be asked of and told to a running HAProxy, as functions. */
import { AppError } from '#server/errors.ts';
import { ask, commandOf, payloadsOf, tell } from '#server/edge/haproxy/cli.ts';
import { serverWords } from '#server/edge/haproxy/config.ts';
import type { Counted } from '#server/edge/haproxy/model.ts';
import type { EdgeServer, EdgeTargetSettings, TrafficCount } from '#server/edge/types.ts';

export interface WorkerInfo {
  pid: number;
  /** Names this run of the process: a process id may come again. */
  identity: string;
  /** Digest of the configuration it was started with. */
  digest: string;
}
export interface ServerLoad {
  slot: string;
  name: string;
  /** Requests and connections in it, waiting ones of its own queue included. */
  open: number;
  /** Waiting for any server of the slot. */
  waiting: number;
}
export interface Stats {
  servers: ServerLoad[];
  counted: Counted;
}
export interface Processes {
  master: number;
  worker: number | null;
  /** Workers of before a reload that still serve connections. */
  old: number[];
  failedReloads: number;
}

type Row = Record<string, string>;
const number = (row: Row, column: string): number => Number(row[column] ?? 0) || 0;

/** Columns after `check_desc` may hold quoted text; those used here are before it. @throws AppError unavailable for anything else */
export function parseStats(csv: string, held: ReadonlyMap<string, number> = new Map()): Stats {
  const [header = '', ...lines] = csv.split('\n');
  if (!header.startsWith('# pxname,svname,'))
    throw new AppError('unavailable', 'The edge does not answer.', { cause: new Error(header) });
  const columns = header.replace(/^# /, '').split(',');
  const rows = lines.filter(Boolean).map((line): Row => {
    const cells = line.split(',');
    return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
  });
  const backends = new Map(rows.filter((row) => row['svname'] === 'BACKEND').map((row) => [row['pxname'] ?? '', row]));
  const serverRows = rows.filter((row) => row['svname'] !== 'BACKEND' && row['svname'] !== 'FRONTEND');
  const servers = serverRows.map((row) => {
    const slot = row['pxname'] ?? '';
    return {
      slot,
      name: row['svname'] ?? '',
      open: number(row, 'scur') + number(row, 'qcur'),
      waiting: number(backends.get(slot) ?? {}, 'qcur'),
    };
  });
  const ownErrors = new Map<string, number>();
  for (const row of serverRows)
    ownErrors.set(row['pxname'] ?? '', (ownErrors.get(row['pxname'] ?? '') ?? 0) + number(row, 'hrsp_5xx'));
  const counted = new Map<string, TrafficCount>();
  for (const [slot, row] of backends) {
    // `stot` counts a request when it begins (`req_tot` when it ends).
    // An application's own 5xx is counted at its server too; what remains was made by the edge.
    const failed = number(row, 'hrsp_5xx') - (ownErrors.get(slot) ?? 0) + number(row, 'srv_abrt');
    counted.set(slot, {
      requests: number(row, 'stot'),
      failed,
      held: held.get(slot) ?? 0,
      bytesIn: number(row, 'bin'),
      bytesOut: number(row, 'bout'),
    });
  }
  return { servers, counted };
}

/** Slot → requests that came while it was held. */
export const parseHolds = (table: string): Map<string, number> =>
  new Map([...table.matchAll(/ key=(\S+) .*\bconn_cnt=(\d+)/g)].map((match) => [match[1] ?? '', Number(match[2])]));

export function parseProcesses(text: string): Processes | null {
  const pids = (section: string): number[] =>
    [...section.matchAll(/^(\d+)\s+worker/gm)].map((match) => Number(match[1]));
  const [current = '', old = ''] = text.split('# old workers');
  const master = /^(\d+)\s+master\s+\d+ \[failed: (\d+)\]/m.exec(current);
  if (!master) return null;
  return {
    master: Number(master[1]),
    worker: pids(current)[0] ?? null,
    old: pids(old),
    failedReloads: Number(master[2]),
  };
}

export interface Runtime {
  info(signal: AbortSignal): Promise<WorkerInfo>;
  stats(signal: AbortSignal): Promise<Stats>;
  /** Adds a server with health checks on; fine when it is there. */
  addServer(slot: string, server: EdgeServer, settings: EdgeTargetSettings, signal: AbortSignal): Promise<void>;
  /** Cuts what is open in a server and lets nothing in; fine when it is gone. */
  shutServer(slot: string, name: string, signal: AbortSignal): Promise<void>;
  /** Closes a server's idle connections and lets nothing in; fine when it is gone. */
  restServer(slot: string, name: string, signal: AbortSignal): Promise<void>;
  /** Deletes a server that rests; false while it still has connections. */
  deleteServer(slot: string, name: string, signal: AbortSignal): Promise<boolean>;
  /** Replaces all entries of a map in one step. */
  replaceMap(map: string, entries: readonly (readonly [string, string])[], signal: AbortSignal): Promise<void>;
  mapValue(map: string, key: string, signal: AbortSignal): Promise<string | null>;
  mapEntries(map: string, signal: AbortSignal): Promise<Map<string, string>>;
}

const gone = 'No such server.';

/** Replaces all entries of a map in one step. @param send asks one worker. @throws AppError unavailable */
export async function replaceMap(
  send: (command: string) => Promise<string>,
  map: string,
  entries: readonly (readonly [string, string])[],
): Promise<void> {
  const must = async (command: string, accepted: RegExp): Promise<RegExpExecArray> => {
    const answer = await send(command);
    const match = accepted.exec(answer);
    if (match) return match;
    throw new AppError('unavailable', 'The edge refused a change.', { cause: new Error(answer) });
  };
  const [, version = ''] = await must(commandOf(['prepare map', map]), /^New version created: (\d+)$/);
  for (const payload of payloadsOf(entries)) {
    await must(`${commandOf(['add map', `@${version}`, map])} <<\n${payload}`, /^$/);
  }
  await must(commandOf(['commit map', `@${version}`, map]), /^$/);
}

/** @param socketPath the worker's own socket. */
export function createRuntime(socketPath: string): Runtime {
  const say = (words: readonly string[], accepted: readonly string[], signal: AbortSignal): Promise<string> =>
    tell(socketPath, commandOf(words), accepted, signal);
  const rest = (slot: string, name: string, signal: AbortSignal): Promise<string> =>
    say(['set server', `${slot}/${name}`, 'state maint'], ['', gone], signal);
  return {
    async info(signal) {
      const text = await ask(socketPath, 'show info', signal);
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
      if (field('Pid') === '') throw new AppError('unavailable', 'The edge does not answer.');
      return {
        pid: Number(field('Pid')),
        identity: `${field('Pid')}-${field('Start_time_sec')}`,
        digest: field('description'),
      };
    },
    async stats(signal) {
      const [csv, holds] = await Promise.all([
        ask(socketPath, 'show stat -1 6 -1', signal),
        ask(socketPath, 'show table holds', signal),
      ]);
      return parseStats(csv, parseHolds(holds));
    },
    async addServer(slot, server, settings, signal) {
      const name = `${slot}/${server.name}`;
      const already = 'Already exists a server with the same name in backend.';
      await say(['add server', name, ...serverWords(server, settings)], ['New server registered.', already], signal);
      await say(['enable health', name], [''], signal);
      await say(['enable server', name], [''], signal);
    },
    async shutServer(slot, name, signal) {
      await say(['shutdown sessions server', `${slot}/${name}`], ['', gone], signal);
      await rest(slot, name, signal);
    },
    async restServer(slot, name, signal) {
      await rest(slot, name, signal);
    },
    async deleteServer(slot, name, signal) {
      const answer = await ask(socketPath, commandOf(['del server', `${slot}/${name}`]), signal);
      return answer === 'Server deleted.' || answer === gone;
    },
    replaceMap: (map, entries, signal) => replaceMap((command) => ask(socketPath, command, signal), map, entries),
    async mapValue(map, key, signal) {
      const answer = await ask(socketPath, commandOf(['get map', map, key]), signal);
      return /found=yes.* key="([^"]*)", value="([^"]*)"/.exec(answer)?.[2] ?? null;
    },
    async mapEntries(map, signal) {
      const lines = (await ask(socketPath, commandOf(['show map', map]), signal)).split('\n');
      return new Map(lines.flatMap((line) => {
        const [, key, value] = line.split(' ');
        return key !== undefined && value !== undefined ? [[key, value] as const] : [];
      })); // prettier-ignore
    },
  };
}
