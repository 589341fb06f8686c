/** For live tests: a tiny image of Debian's static busybox, imported under a name of our own and removed afterwards. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { Agent, request } from 'undici';
import * as z from 'zod';
import { exec, execOk } from '#server/exec.ts';

/** Says which process imported it. */
const testLabel = 'slipway.test';

export interface TestImage {
  reference: string;
  remove(): Promise<void>;
}

/** @param socketPath the engine's. Its `/bin/sh` is busybox; applets are called as `busybox <name>` or by name from `sh`. */
export async function importTestImage(socketPath: string, labels: Record<string, string> = {}): Promise<TestImage> {
  const tar = pack();
  for (const folder of ['bin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'www'])
    tar.entry({ name: `${folder}/`, type: 'directory', mode: folder === 'tmp' ? 0o1777 : 0o755 });
  tar.entry({ name: 'bin/busybox', mode: 0o755 }, await busybox());
  tar.entry({ name: 'bin/sh', type: 'symlink', linkname: 'busybox' });
  tar.entry({ name: 'etc/passwd' }, 'root:x:0:0:root:/:/bin/sh\n');
  tar.entry({ name: 'www/index.html' }, 'hello\n');
  tar.finalize();
  const repository = `slipway/${randomBytes(16).toString('hex')}`;
  const dispatcher = new Agent({ connect: { socketPath }, headersTimeout: 60_000 });
  await removeForgotten(dispatcher);
  const query = new URLSearchParams({ fromSrc: '-', repo: repository, tag: '1' });
  for (const [key, value] of Object.entries({ [testLabel]: String(process.pid), ...labels }))
    query.append('changes', `LABEL ${key}=${value}`);
  const answer = await request(`http://engine/images/create?${query}`, {
    method: 'POST',
    dispatcher,
    body: await buffer(tar),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200 || text.includes('errorDetail')) throw new Error(text);
  const reference = `${repository}:1`;
  return {
    reference,
    async remove() {
      const path = `http://engine/images/${repository}:1`;
      const removed = await request(path, { method: 'DELETE', query: { force: 'true' }, dispatcher });
      const answer = await removed.body.text();
      await dispatcher.close();
      // A test that leaves its image behind has to fail: nobody else ever removes it.
      if (removed.statusCode !== 200 && removed.statusCode !== 404) throw new Error(answer);
    },
  };
}

/** Images of test runs that were killed: nobody else would ever remove them. */
async function removeForgotten(dispatcher: Agent): Promise<void> {
  const filters = encodeURIComponent(JSON.stringify({ label: [testLabel] }));
  const listed = await request(`http://engine/images/json?filters=${filters}`, { dispatcher });
  const found = z.array(z.object({ Id: z.string(), Labels: z.record(z.string(), z.string()) }));
  for (const { Id, Labels } of found.parse(await listed.body.json())) {
    if (existsSync(`/proc/${Labels[testLabel] ?? ''}`)) continue;
    await (await request(`http://engine/images/${Id}?force=true`, { method: 'DELETE', dispatcher })).body.dump();
  }
}

async function busybox(): Promise<Buffer> {
  const folder = path.join(tmpdir(), 'slipway-busybox');
  const file = path.join(folder, 'bin', 'busybox');
  if (!existsSync(file)) {
    await mkdir(folder, { recursive: true });
    const download = ['download', 'busybox-static'];
    if ((await exec('apt-get', download, { cwd: folder })).exitCode !== 0) {
      await execOk('apt-get', ['update', '-q']); // a fresh machine has no lists yet
      await execOk('apt-get', download, { cwd: folder });
    }
    const archive = (await readdir(folder)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt gave no busybox-static.');
    await execOk('dpkg-deb', ['-x', path.join(folder, archive), folder]);
  }
  return readFile(file);
}
