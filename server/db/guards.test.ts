import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { withOrg } from '#server/db/client.ts';
import { organizations } from '#server/db/schema/organizations.ts';
import { projects } from '#server/db/schema/projects.ts';
import { createTestDatabase, type TestDatabase } from '#server/db/testing.ts';
import { newId } from '#server/ids.ts';
import { addJob } from '#server/jobs.ts';

let test_: TestDatabase;
const [mine, theirs] = [newId('organization'), newId('organization')];
beforeAll(async () => {
  test_ = await createTestDatabase(inject('pgAdminUrl'));
  await test_.db.insert(organizations).values([mine, theirs].map((id) => ({ id, slug: id, name: id })));
  await test_.db
    .insert(projects)
    .values([mine, theirs].map((orgId) => ({ id: newId('project'), orgId, slug: 'shop', name: 'Shop' })));
});
afterAll(() => test_.close());

test('row-level security hides other organizations from a statement that forgot its org_id', async () => {
  const rows = await withOrg(test_.db, mine, (tx) => tx.select({ orgId: projects.orgId }).from(projects));
  expect(rows).toEqual([{ orgId: mine }]);
});

test('row-level security refuses to write a row of another organization', async () => {
  const write = withOrg(test_.db, mine, (tx) =>
    tx.insert(projects).values({ id: newId('project'), orgId: theirs, slug: 'x', name: 'x' }),
  );
  await expect(write).rejects.toMatchObject({ cause: { code: '42501' } });
});

test('every table with an org_id column is guarded', async () => {
  const open = await test_.db.execute(sql`select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
    where a.attname = 'org_id' and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not c.relrowsecurity`);
  expect([...open]).toEqual([]);
});

test('a tenant transaction adds a job without rights on the job tables, and a rollback takes it back', async () => {
  await withOrg(test_.db, mine, (tx) => addJob(tx, 'claim-slots', { regionId: 'reg_1' }, { key: 'claim:reg_1' }));
  await withOrg(test_.db, mine, async (tx) => {
    await addJob(tx, 'advance-release', { releaseId: 'rel_1' });
    throw new Error('undo');
  }).catch(() => undefined);
  const jobs = await test_.db.execute(sql`select task_identifier, max_attempts from graphile_worker.jobs`);
  expect([...jobs]).toEqual([{ task_identifier: 'claim-slots', max_attempts: 1 }]);
});

test('the tenant role reads who people are and not how they sign in', async () => {
  const read = (column: string) =>
    withOrg(test_.db, mine, (tx) => tx.execute(sql`select ${sql.identifier(column)} from users`));
  await expect(read('name')).resolves.toBeDefined();
  await expect(read('password_hash')).rejects.toMatchObject({ cause: { code: '42501' } });
});
