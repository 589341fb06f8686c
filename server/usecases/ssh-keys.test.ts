import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { openTestApi, type TestApi } from '#server/api/testing.ts';
import { makeWorld, type World } from '#server/api/testing-world.ts';
import { generateDeployKeyPair } from '#server/auth/deploy-key.ts';
import type { AddedSshKeys, SshKeyView } from '#server/domain/views/accounts.ts';
import { addSshKeys, importSshKeys, listOwnSshKeys, removeSshKey } from '#server/usecases/manage-ssh-keys.ts';
import type { PersonContext } from '#server/usecases/context.ts';

let api: TestApi;
let world: World;
let anna: PersonContext;
let ben: PersonContext;
beforeAll(async () => {
  api = await openTestApi(inject('pgAdminUrl'));
});
afterAll(() => api.close());
beforeEach(async () => {
  world = await makeWorld(api.services.db, api.sources, api.services.keys.variables, 'canary');
  anna = { ...api.services, person: world.people.owner };
  ben = { ...api.services, person: world.people.viewer };
});
const fresh = (): string => generateDeployKeyPair().publicKey;
const names = (keys: SshKeyView[]): string[] => keys.map((key) => key.name);

describe('keys of a person', () => {
  test('are added several at once, told apart from known ones, listed and removed', async () => {
    const [one, two] = [fresh(), fresh()];
    await addSshKeys(anna, { text: one, name: 'Laptop' });
    const both: AddedSshKeys = await addSshKeys(anna, { text: `${one}\n${two}\n` });
    expect([both.added, both.known, names(both.keys)]).toEqual([1, 1, ['Laptop', 'slipway']]);
    await removeSshKey(anna, { id: both.keys[0]?.id ?? '' });
    expect(names(await listOwnSshKeys(anna))).toEqual(['slipway']);
  });

  test('belong to one account, and nobody removes or sees those of another', async () => {
    const key = fresh();
    const { keys } = await addSshKeys(anna, { text: key });
    await expect(addSshKeys(ben, { text: key })).rejects.toMatchObject({ code: 'conflict' });
    await expect(removeSshKey(ben, { id: keys[0]?.id ?? '' })).rejects.toMatchObject({ code: 'not_found' });
    expect(await listOwnSshKeys(ben)).toEqual([]);
  });

  test('are all refused when one line is wrong, and the line is named', async () => {
    await expect(addSshKeys(anna, { text: `${fresh()}\nssh-ed25519 AAAA\n` })).rejects.toMatchObject({
      code: 'bad_input', field: 'text', message: expect.stringContaining('Line 2') as string,
    }); // prettier-ignore
    expect(await listOwnSshKeys(anna)).toEqual([]);
  });

  test('are limited in number', async () => {
    await addSshKeys(anna, { text: Array.from({ length: 50 }, fresh).join('\n') });
    await expect(addSshKeys(anna, { text: fresh() })).rejects.toMatchObject({ code: 'too_many' });
    expect(await listOwnSshKeys(anna)).toHaveLength(50);
  });
});

describe('import', () => {
  const published = new Map<string, string>();
  const server = createServer((req, res) => {
    if (req.url === '/moved.keys') return res.writeHead(302, { location: 'http://10.0.0.1/x.keys' }).end();
    const found = published.get(req.url ?? '');
    if (found === undefined) res.writeHead(404);
    res.end(found);
  });
  let url = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());
  const allowed = (): PersonContext => ({
    ...anna, keySites: { urls: { github: url, gitlab: url }, privateHosts: new Set(['127.0.0.1']) },
  }); // prettier-ignore

  test('takes what is published and leaves out what is too weak', async () => {
    published.set('/anna.keys', `${fresh().split(' ').slice(0, 2).join(' ')}\nssh-dss AAAAB3NzaC1kc3M=\n`);
    const { added, keys } = await importSshKeys(allowed(), { site: 'github', name: 'anna' });
    expect([added, names(keys)]).toEqual([1, ['GitHub: anna']]);
  });

  test('says when nobody has the name, and when nothing of it can be taken', async () => {
    published.set('/empty.keys', '');
    for (const name of ['nobody', 'empty', '../x', 'a/b', '-x'])
      await expect(importSshKeys(allowed(), { site: 'gitlab', name })).rejects.toMatchObject({ code: 'bad_input', field: 'name' }); // prettier-ignore
  });

  test('asks no private host that the operator has not allowed, also not after a redirect', async () => {
    const forbidden = { ...anna, keySites: { urls: { github: url, gitlab: url }, privateHosts: new Set<string>() } };
    await expect(importSshKeys(forbidden, { site: 'github', name: 'anna' })).rejects.toMatchObject({ code: 'bad_input' }); // prettier-ignore
    await expect(importSshKeys(allowed(), { site: 'github', name: 'moved' })).rejects.toMatchObject({ code: 'bad_input' }); // prettier-ignore
  });

  test('gives up on an answer without end', async () => {
    published.set('/large.keys', 'x'.repeat(300_000));
    await expect(importSshKeys(allowed(), { site: 'github', name: 'large' })).rejects.toMatchObject({ code: 'bad_input' }); // prettier-ignore
  });
});
