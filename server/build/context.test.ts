import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { extract, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addedDockerfile, contextFolder, ContextProblem, packContext, readDockerfile } from '#server/build/context.ts';
import { execOk } from '#server/exec.ts';

let source: string;
beforeEach(async () => {
  source = await mkdtemp(path.join(tmpdir(), 'slw-context-'));
});
afterEach(() => rm(source, { recursive: true, force: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(source, name)), { recursive: true });
    await writeFile(path.join(source, name), text);
  }
}

async function packed(
  dockerfile: { text: string; file: string | null } = { text: 'FROM a', file: null },
): Promise<{ entries: Map<string, { header: Header; text: string }>; dockerfile: string }> {
  const context = await packContext(source, dockerfile);
  const entries = new Map<string, { header: Header; text: string }>();
  const reader = extract();
  context.stream.on('error', (error) => reader.destroy(error)).pipe(reader);
  for await (const entry of reader) {
    let text = '';
    for await (const chunk of entry) text += String(chunk);
    entries.set(entry.header.name, { header: entry.header, text });
  }
  return { entries, dockerfile: context.dockerfile };
}

describe('the build context', () => {
  it('begins with the Dockerfile, and puts a rendered one under a constant name', async () => {
    await write({ 'app.js': 'x', 'lib/a.js': 'y' });
    const { entries, dockerfile } = await packed({ text: 'FROM rendered', file: null });
    expect(dockerfile).toBe(addedDockerfile);
    expect([...entries.keys()]).toEqual([addedDockerfile, 'app.js', 'lib', 'lib/a.js'].map((name) => (name === 'lib' ? 'lib/' : name)));
    expect(entries.get(addedDockerfile)?.text).toBe('FROM rendered');
  }); // prettier-ignore

  it('packs the prepared text in the place of the own Dockerfile, once', async () => {
    await write({ 'docker/Dockerfile': '# syntax=x\nFROM a', 'app.js': 'x' });
    const { entries, dockerfile } = await packed({ text: '#\nFROM a', file: path.join(source, 'docker/Dockerfile') });
    expect(dockerfile).toBe('docker/Dockerfile');
    expect(entries.get('docker/Dockerfile')?.text).toBe('#\nFROM a');
  });

  it('follows .dockerignore with its exceptions, and prefers the one of the Dockerfile', async () => {
    await write({ '.dockerignore': 'node_modules\n*.log\n!keep.log\n', 'a.log': '', 'keep.log': '', 'node_modules/x/i.js': '' });
    const names = [...(await packed()).entries.keys()];
    expect(names).toContain('keep.log');
    expect(names.filter((name) => name === 'a.log' || name.startsWith('node_modules'))).toEqual([]);
    await write({ Dockerfile: 'FROM a', 'Dockerfile.dockerignore': 'keep.log' });
    const own = [...(await packed({ text: 'FROM a', file: path.join(source, 'Dockerfile') })).entries.keys()];
    expect([own.includes('a.log'), own.includes('keep.log')]).toEqual([true, false]);
  }); // prettier-ignore

  it('packs symbolic links as links, wherever they lead, and keeps executable bits and large files', async () => {
    await write({ 'run.sh': 'x', big: 'b'.repeat(3_000_000) });
    await execOk('chmod', ['755', path.join(source, 'run.sh')]);
    await symlink('/etc/passwd', path.join(source, 'secret'));
    const { entries } = await packed();
    expect(entries.get('secret')?.header).toMatchObject({ type: 'symlink', linkname: '/etc/passwd' });
    expect(entries.get('run.sh')?.header.mode).toBe(0o755);
    expect(entries.get('big')?.text.length).toBe(3_000_000);
  });

  it('refuses special files with their name', async () => {
    await execOk('mkfifo', [path.join(source, 'pipe')]);
    await expect(packed()).rejects.toThrow('special file: "pipe"');
  });

  it('takes no folder and no Dockerfile from outside of the source', async () => {
    await symlink('/etc', path.join(source, 'out'));
    await symlink('/etc/passwd', path.join(source, 'Dockerfile'));
    const codes = await Promise.all(
      [
        contextFolder(source, '../'), contextFolder(source, 'out'), contextFolder(source, 'none'),
        readDockerfile(source, 'Dockerfile'), readDockerfile(source, '../../etc/passwd'), readDockerfile(source, 'none'),
      ].map((attempt) => attempt.then(() => 'taken', (error: unknown) => (error instanceof ContextProblem ? error.code : 'error'))),
    ); // prettier-ignore
    expect(codes).toEqual(['path_outside_repository', 'path_outside_repository', 'root_missing', 'path_outside_repository', 'path_outside_repository', 'dockerfile_missing']); // prettier-ignore
  });
});
