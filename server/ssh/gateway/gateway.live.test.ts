import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { exec } from '#server/exec.ts';
import { type LivePlace, openLivePlace } from '#server/ssh/gateway/live-place.ts';
import type { GatewayBench } from '#server/ssh/gateway/testing.ts';

let place: LivePlace;
let bench: GatewayBench;
beforeAll(async () => {
  place = await openLivePlace(process.env.SLIPWAY_DOCKER_SOCKET);
  bench = place.bench;
  expect(place.problems).toEqual([]);
}, 120_000);
afterAll(() => place.dispose());
const until = { timeout: 20_000, interval: 100 };

const at = 'web@127.0.0.1';
const sha = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex');

describe('a command', () => {
  test.each([0, 1, 7, 126, 255])('ends with its exact code: %d', async (code) => {
    expect((await bench.ssh([at, `exit ${code}`])).exitCode).toBe(code);
  });

  test('runs inside of the instance, with its environment, its streams apart', async () => {
    const { stdout, stderr } = await bench.ssh([at, 'echo "$GREETING"; echo oh >&2; cat /www/port']);
    expect([stdout, stderr]).toEqual(['ahoy\nhello\n', 'oh\n']);
  });

  test('gets its input, and the end of it', async () => {
    const { stdout } = await bench.ssh([at, 'busybox wc -c'], { input: 'x'.repeat(100_000) });
    expect(stdout.trim()).toBe('100000');
  });

  test('gets binary input and gives binary output unchanged', async () => {
    const input = randomBytes(3_000_000);
    const { stdout } = await bench.ssh([at, 'busybox sha256sum'], { input });
    expect(stdout.split(' ')[0]).toBe(sha(input));
  });

  test('bursts 10 MB without losing a byte', async () => {
    const { stdout } = await bench.ssh([
      at,
      'busybox head -c 3000000 /dev/zero | busybox tr "\\0" x; echo; echo end >&2',
    ]);
    expect([stdout.length, sha(stdout)]).toEqual([3_000_001, sha(`${'x'.repeat(3_000_000)}\n`)]);
  });
});

describe('a process that is ended', () => {
  test('by a signal of its own tells which', async () => {
    const { stderr, exitCode } = await bench.ssh(['-v', at, 'kill -TERM $$'], {});
    expect(exitCode).toBe(255); // OpenSSH's own answer to an exit signal
    expect(stderr).toContain('exit-signal');
  });

  test('because its client went is gone from the instance', async () => {
    const running = async (): Promise<string> =>
      (await bench.ssh([at, 'busybox ps | busybox grep -c "[s]leep 4321" || :'])).stdout.trim();
    const client = new AbortController();
    const gone = exec('ssh', [...bench.options, at, 'busybox sleep 4321'], { signal: client.signal }).catch(() => null);
    await vi.waitFor(async () => expect(await running()).toBe('1'), until);
    client.abort();
    await gone;
    await vi.waitFor(async () => expect(await running()).toBe('0'), until);
  });
});

describe('a terminal', () => {
  test('has the client’s kind and keys, ends with the shell’s code, and shows that changes are lost', async () => {
    const input = 'echo "<$TERM>"; exit 3\n';
    const { stdout, stderr, exitCode } = await bench.ssh(['-tt', at], { input, env: { TERM: 'screen-256color' } });
    expect(`${stdout}${stderr}`).toContain('Changes are lost.');
    expect(stdout).toContain('<screen-256color>');
    expect(exitCode).toBe(3);
  });

  test('follows the client’s window, and passes on its interrupt', async () => {
    const script = path.join(bench.folder, 'terminal.py');
    await writeFile(script, terminalScript);
    const { stdout, stderr } = await exec('python3', [script, 'ssh', ...bench.options, '-tt', at], { timeoutMs: 25_000, env: { TERM: 'xterm' } }); // prettier-ignore
    expect(stderr).toBe('');
    expect(stdout.split('\n').slice(0, 3)).toEqual(['30 100', '41 123', 'interrupted 130']);
  });
});

/** A real pseudo-terminal around the client: its size, a change of it, Ctrl-C. */
const terminalScript = `
import fcntl, os, pty, re, select, signal, struct, sys, termios, time
def size(fd, rows, cols): fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, cols, 0, 0))
pid, fd = pty.fork()
if pid == 0:
    time.sleep(0.2)
    os.execvp(sys.argv[1], sys.argv[1:])
size(fd, 30, 100)
seen = b''
def expect(pattern, send=b''):
    global seen
    os.write(fd, send)
    end = time.time() + 15
    while time.time() < end:
        found = re.search(pattern, seen)
        if found:
            seen = seen[found.end():]
            return found.group(1).decode()
        if select.select([fd], [], [], 0.1)[0]: seen += os.read(fd, 65536)
    sys.exit('no %r in %r' % (pattern, seen))
expect(b'(#|\\\\$) ')
print(expect(b'size=(\\\\d+ \\\\d+)=', b'echo size=$(busybox stty size)=\\n'))
size(fd, 41, 123)
os.kill(pid, signal.SIGWINCH)
time.sleep(0.3)
seen = b''
print(expect(b'size=(\\\\d+ \\\\d+)=', b'echo size=$(busybox stty size)=\\n'))
os.write(fd, b'busybox sleep 100\\n')
time.sleep(0.5)
os.write(fd, b'\\x03')
time.sleep(0.2)
print('interrupted', expect(b'code=(\\\\d+)=', b'echo code=$?=\\n'))
os.write(fd, b'exit\\n')
`;

describe('many at once', () => {
  test('ten sessions share one connection, which then waits for more', async () => {
    const control = path.join(bench.folder, 'control');
    const shared = ['-o', `ControlPath=${control}`, '-o', 'ControlMaster=auto', '-o', 'ControlPersist=30'];
    await bench.ssh([...shared, at, 'true']);
    const before = bench.connections();
    const results = await Promise.all(
      Array.from({ length: 10 }, (_, index) => bench.ssh([...shared, at, `busybox sleep 0.5; echo ${index}; exit ${index}`])),
    ); // prettier-ignore
    expect(results.map(({ stdout, exitCode }) => [stdout.trim(), exitCode])).toEqual(
      Array.from({ length: 10 }, (_, index) => [String(index), index]),
    );
    expect(bench.connections()).toBe(before);
    await bench.ssh([...shared, '-O', 'exit', at]);
  });

  test('an editor’s start works: a forwarding connection, its script on stdin, twenty channels through it', async () => {
    // As VS Code does it: `ssh -T -D <port> host bash` (here sh) with the script on stdin, then the SOCKS port.
    const control = new AbortController();
    const socks = 20_000 + Math.floor(Math.random() * 20_000);
    const lines: string[] = [];
    const script = 'echo ready-$$; while read -r line; do echo "got $line"; done\n';
    const file = path.join(bench.folder, 'script');
    await writeFile(file, script);
    const editor = exec('ssh', [...bench.options, '-T', '-D', `127.0.0.1:${socks}`, at, `sh -c 'echo ready; busybox sleep 60'`], {
      signal: control.signal, onLine: (line) => lines.push(line), input: script,
    }).catch(() => null); // prettier-ignore
    await vi.waitFor(() => expect(lines).toContain('ready'), until);
    const get = () => exec('curl', ['-sS', '--max-time', '20', '--socks5', `127.0.0.1:${socks}`, 'http://localhost:8080/port']); // prettier-ignore
    const answers = await Promise.all(Array.from({ length: 20 }, get));
    expect(answers.map(({ stdout, stderr }) => stdout + stderr)).toEqual(Array.from({ length: 20 }, () => 'hello\n'));
    control.abort();
    await editor;
  });
});

describe('forwarding', () => {
  const forwarded = async (target: string, ask: string[]): Promise<string> => {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const control = new AbortController();
    const lines: string[] = [];
    const tunnel = exec('ssh', [...bench.options, '-o', 'ExitOnForwardFailure=yes', '-L', `127.0.0.1:${port}:${target}`, at, 'echo up; busybox sleep 60'], {
      signal: control.signal, onLine: (line) => lines.push(line),
    }).catch(() => null); // prettier-ignore
    await vi.waitFor(() => expect(lines).toContain('up'), until);
    const { stdout } = await exec('curl', ['-sS', '--max-time', '10', ...ask, `http://127.0.0.1:${port}/port`]);
    control.abort();
    await tunnel;
    return stdout;
  };

  test('reaches a port of the instance’s own', async () => {
    expect(await forwarded('localhost:8080', [])).toBe('hello\n');
    expect(await forwarded('127.0.0.1:8080', [])).toBe('hello\n');
  });

  test.each(['10.219.0.1:22', '169.254.169.254:80', 'example.com:80', '127.0.0.2:8080', 'localhost:8081'])(
    'reaches nothing else: %s',
    async (target) => expect(await forwarded(target, [])).toBe(''),
  );

  test('never leads from the gateway to a client', async () => {
    const { stderr, exitCode } = await bench.ssh(['-o', 'ExitOnForwardFailure=yes', '-R', '127.0.0.1:0:127.0.0.1:22', at, 'echo in']); // prettier-ignore
    expect(exitCode).toBe(255);
    expect(stderr).toContain('remote port forwarding failed');
  });

  test('a jump through it reaches the instance’s own ports only', async () => {
    const { exitCode } = await bench.ssh(['-W', '127.0.0.1:1', at]);
    expect(exitCode).toBe(255);
    const { stdout } = await bench.ssh(['-W', '127.0.0.1:8080', at], { input: 'GET /port HTTP/1.0\r\n\r\n' });
    expect(stdout).toContain('hello');
  });
});
