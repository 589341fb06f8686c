/** Asks instances from outside, as the edge will: no process is started inside them. */
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { Agent } from 'undici';
import { AppError } from '#server/errors.ts';
import type { ListeningPort } from '#server/runtime/types.ts';

/** Every probe makes a connection of its own, so that none finds one that an older instance at this address left. */
const probing = new Agent({ pipelining: 0, keepAliveTimeout: 1, keepAliveMaxTimeout: 1, connections: null });

export function accepts(address: string, port: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new AppError('aborted', 'Cancelled.', { cause: signal.reason }));
    const socket = connect({ host: address, port });
    const end = (answer: boolean): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(answer);
    };
    const onAbort = (): void => {
      socket.destroy();
      reject(new AppError('aborted', 'Cancelled.', { cause: signal.reason }));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.setTimeout(timeoutMs, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

export async function httpStatus(
  address: string,
  port: number,
  path: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<number | null> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await probing.request({
      origin: `http://${address}:${port}`,
      method: 'GET',
      path: path.startsWith('/') ? path : `/${path}`,
      headers: { 'user-agent': 'Slipway-Health-Check', connection: 'close' },
      signal: AbortSignal.any([signal, late]),
    });
    answer.body.on('error', () => undefined).destroy();
    return answer.statusCode;
  } catch (cause) {
    if (signal.aborted) throw new AppError('aborted', 'Cancelled.', { cause });
    return null;
  }
}

/** TCP ports open in the network namespace of a process on this machine. The engine's own resolver is left out. */
export async function listeningPorts(pid: number): Promise<ListeningPort[]> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8').catch(() => '')),
  );
  return parseListening(tables.join('\n'));
}

const listenState = '0A';
const engineResolver = '0B00007F'; // 127.0.0.11
const loopback4 = /^[0-9A-F]{6}7F$/;
const loopback6 = /^(?:0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;

/** Lines of `/proc/<pid>/net/tcp` and `tcp6` → ports in ascending order. */
export function parseListening(text: string): ListeningPort[] {
  const ports = new Map<number, boolean>();
  for (const line of text.split('\n')) {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const [address = '', hexPort = ''] = local.split(':');
    if (state !== listenState || address === engineResolver) continue;
    const port = Number.parseInt(hexPort, 16);
    const loopbackOnly = loopback4.test(address) || loopback6.test(address);
    ports.set(port, (ports.get(port) ?? true) && loopbackOnly);
  }
  return [...ports].map(([port, loopbackOnly]) => ({ port, loopbackOnly })).toSorted((a, b) => a.port - b.port);
}
