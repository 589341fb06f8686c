/** The schema of a database as text, sorted, so that what a migration changes is visible in review. */
import postgres from 'postgres';

const columns = `
  select c.relname as name, string_agg(format('  %I %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
    case when a.attnotnull then ' not null' else '' end,
    coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')), E',\\n' order by a.attnum) as body
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
  where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
  group by c.relname`;
/** Each query answers lines of `text`; what belongs to a table follows it by name. */
const parts = {
  tables: `select format(E'create table %I (\\n%s\\n);', name, body) as text from (${columns}) t`,
  constraints: `select format('alter table %s add constraint %I %s;', conrelid::regclass, conname, pg_get_constraintdef(oid)) as text
    from pg_constraint where connamespace = 'public'::regnamespace and conrelid <> 0 and contype <> 'n'`,
  indexes: `select indexdef || ';' as text from pg_indexes where schemaname = 'public'
    and indexname not in (select conname from pg_constraint where connamespace = 'public'::regnamespace)`,
  'row level security': `select format('alter table %I enable row level security%s;', relname,
    case when relforcerowsecurity then ' -- forced' else '' end) as text
    from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity`,
  policies: `select format('create policy %I on %I for %s to %s using (%s)%s;', policyname, tablename, lower(cmd), array_to_string(roles, ', '), qual,
    coalesce(' with check (' || with_check || ')', '')) as text from pg_policies where schemaname = 'public'`,
  triggers: `select pg_get_triggerdef(oid) || ';' as text from pg_trigger
    where not tgisinternal and tgrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)`,
  functions: `select pg_get_functiondef(oid) || ';' as text from pg_proc where pronamespace = 'public'::regnamespace`,
};

/** Everything in the schema `public`; graphile-worker's own schema is its affair. */
export async function schemaText(url: string): Promise<string> {
  const client = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const sections: string[] = [];
    for (const [title, query] of Object.entries(parts)) {
      const rows = await client.unsafe<{ text: string }[]>(query);
      if (rows.length > 0) sections.push(`-- ${title}\n${rows.map(({ text }) => text.trimEnd()).toSorted().join('\n')}\n`); // prettier-ignore
    }
    return sections.join('\n');
  } finally {
    await client.end();
  }
}
