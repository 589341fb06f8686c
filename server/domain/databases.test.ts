import { expect, test } from 'vitest';
import { databaseImage, databaseOf, databaseSettings, withDatabases } from '#server/domain/databases.ts';
import { mergeSettings } from '#server/domain/settings.ts';
import { resolveVariables } from '#server/domain/variables.ts';

const scope = (component: string, variables: Record<string, string> = {}) => ({
  component,
  platform: {},
  variables: Object.entries(variables).map(([key, value]) => ({ key, value, version: `v:${value}` })),
});
const resolve = (...args: Parameters<typeof withDatabases>) => resolveVariables(withDatabases(...args));
const db = { name: 'db', engine: 'postgresql' as const };

test('the others get the address of a database with its current password', () => {
  const { environments, problems } = resolve([scope('db', { POSTGRES_PASSWORD: 'one' }), scope('web')], [db]);
  expect(problems).toEqual([]);
  expect(environments.get('web')?.values).toEqual({
    DATABASE_URL: 'postgresql://app:one@db:5432/app',
    DB_URL: 'postgresql://app:one@db:5432/app',
    PGHOST: 'db',
    PGPORT: '5432',
    PGUSER: 'app',
    PGPASSWORD: 'one',
    PGDATABASE: 'app',
  });
  expect(environments.get('db')?.values).toMatchObject({ POSTGRES_PASSWORD: 'one', POSTGRES_USER: 'app' });
});

test('a new password makes new instances: its version is part of what they use', () => {
  const { environments } = resolve([scope('db', { POSTGRES_PASSWORD: 'one' }), scope('web')], [db]);
  expect(environments.get('web')?.uses['DATABASE_URL']).toContain('v:one');
});

test('a variable of the component wins, and one of the project does not change the database', () => {
  const { environments } = resolve(
    [scope('db', { POSTGRES_PASSWORD: 'one', POSTGRES_USER: 'other' }), scope('web', { DATABASE_URL: 'mine' })],
    [db],
  );
  expect(environments.get('web')?.values['DATABASE_URL']).toBe('mine');
  expect(environments.get('db')?.values['POSTGRES_USER']).toBe('app');
});

test('two of a kind: the first has the plain names, each has its own', () => {
  const two = { name: 'db-two', engine: 'postgresql' as const };
  const { environments } = resolve(
    [scope('db', { POSTGRES_PASSWORD: 'one' }), scope('db-two', { POSTGRES_PASSWORD: 'two' }), scope('web')],
    [db, two],
  );
  const { values = {} } = environments.get('web') ?? {};
  expect([values['DATABASE_URL'], values['DB_URL'], values['DB_TWO_URL']]).toEqual([
    'postgresql://app:one@db:5432/app',
    'postgresql://app:one@db:5432/app',
    'postgresql://app:two@db-two:5432/app',
  ]);
});

test('a database without its password is a problem with a name', () => {
  const { problems } = resolve([scope('db'), scope('web')], [db]);
  expect(problems[0]).toMatchObject({ code: 'unknown_variable', reference: '${db.POSTGRES_PASSWORD}' });
});

test('an image that is a database says which, and no other does', () => {
  expect(databaseOf(databaseImage({ engine: 'redis', version: '7.0' }))).toEqual({ engine: 'redis', version: '7.0' });
  for (const image of [null, '', 'postgres:15', 'database:oracle:1', 'database:redis', 'nginx@sha256:00'])
    expect(databaseOf(image)).toBeNull();
});

test('it begins with one instance, its port and a volume', () => {
  expect(mergeSettings(databaseSettings('postgresql', 5))).toMatchObject({
    instances: 1,
    run: { port: 5432 },
    volumes: [{ name: 'data', path: '/data', sizeGib: 5 }],
  });
});
