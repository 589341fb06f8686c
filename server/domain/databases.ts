/**
 * Databases as add-ons: what each engine is called, what it gets and what it offers to the other components. Pure.
 *
 * A component that is a database has the image `database:<engine>:<version>`. Its password is a variable of the component
 * in each deployment; everything else refers to it, so that a value in force is always the current one.
 */
import type { SettingsOverrides } from '#server/domain/settings.ts';
import type { ComponentVariables } from '#server/domain/variables.ts';

export const databaseEngines = ['postgresql', 'mariadb', 'redis'] as const;
export type DatabaseEngine = (typeof databaseEngines)[number];

interface DatabaseKind {
  title: string;
  /** Newest first. */
  versions: readonly string[];
  port: number;
  /** The generated secret of the component. */
  password: string;
  memoryMib: number;
  /** Opens a console inside the instance. */
  console: string;
  /** Its own environment; `{name}` is the component's name. */
  own: Readonly<Record<string, string>>;
  /** What the others get, as references to it, unless they have a variable of that name. */
  offered: Readonly<Record<string, string>>;
}

/** User and database are the same everywhere, so that a dump fits into another deployment. */
const who = 'app';

export const databaseKinds: Readonly<Record<DatabaseEngine, DatabaseKind>> = {
  postgresql: {
    title: 'PostgreSQL',
    versions: ['15'],
    port: 5432,
    password: 'POSTGRES_PASSWORD',
    memoryMib: 512,
    console: 'psql --host /tmp/postgresql --username app app',
    own: {
      POSTGRES_USER: who,
      POSTGRES_DB: who,
      DATABASE_URL: `postgresql://${who}:\${{name}.POSTGRES_PASSWORD}@{name}:5432/${who}`,
    },
    offered: {
      DATABASE_URL: '${{name}.DATABASE_URL}',
      PGHOST: '{name}',
      PGPORT: '5432',
      PGUSER: who,
      PGPASSWORD: '${{name}.POSTGRES_PASSWORD}',
      PGDATABASE: who,
    },
  },
  mariadb: {
    title: 'MariaDB',
    versions: ['10.11'],
    port: 3306,
    password: 'MARIADB_PASSWORD',
    memoryMib: 512,
    console: 'mariadb --socket /tmp/mariadb/mysqld.sock app',
    own: {
      MARIADB_USER: who,
      MARIADB_DATABASE: who,
      DATABASE_URL: `mysql://${who}:\${{name}.MARIADB_PASSWORD}@{name}:3306/${who}`,
    },
    offered: {
      DATABASE_URL: '${{name}.DATABASE_URL}',
      MYSQL_HOST: '{name}',
      MYSQL_PORT: '3306',
      MYSQL_USER: who,
      MYSQL_PASSWORD: '${{name}.MARIADB_PASSWORD}',
      MYSQL_DATABASE: who,
    },
  },
  redis: {
    title: 'Redis',
    versions: ['7.0'],
    port: 6379,
    password: 'REDIS_PASSWORD',
    memoryMib: 256,
    console: 'REDISCLI_AUTH=$REDIS_PASSWORD redis-cli',
    own: { REDIS_URL: 'redis://:${{name}.REDIS_PASSWORD}@{name}:6379/0' },
    offered: { REDIS_URL: '${{name}.REDIS_URL}' },
  },
};

export interface Database {
  engine: DatabaseEngine;
  version: string;
}
export const databaseImage = ({ engine, version }: Database): string => `database:${engine}:${version}`;
/** The database that an image stands for; null for every other image. */
export function databaseOf(image: string | null): Database | null {
  const [word, name, version] = (image ?? '').split(':');
  const engine = databaseEngines.find((one) => one === name);
  return word === 'database' && engine && version !== undefined ? { engine, version } : null;
}

/** What a new component that is a database begins with. */
export function databaseSettings(engine: DatabaseEngine, sizeGib: number): SettingsOverrides {
  const { port, memoryMib } = databaseKinds[engine];
  return {
    run: { port },
    size: { memoryMib },
    volumes: [{ name: 'data', path: '/data', sizeGib }],
    // After a power cut a database reads its log before it answers.
    readiness: { deadlineSeconds: 600, drainSeconds: 0, stopGraceSeconds: 60 },
  };
}

/** A component's name with its database, as a list of one; none when its image is no database. */
export function namedDatabase(name: string, image: string | null): NamedDatabase[] {
  const database = databaseOf(image);
  return database ? [{ name, engine: database.engine }] : [];
}

const fill = (template: string, name: string): string => template.replaceAll('{name}', name);
/** `DB_MAIN_URL` of a component `db-main`: there for each, also when another one has the plain name. */
const urlKey = (name: string): string => `${name.toUpperCase().replaceAll('-', '_')}_URL`;

export interface NamedDatabase {
  name: string;
  engine: DatabaseEngine;
}
function offers(databases: readonly NamedDatabase[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const { name, engine } of databases) {
    const { offered } = databaseKinds[engine];
    for (const [key, template] of Object.entries(offered)) if (!all.has(key)) all.set(key, fill(template, name));
  }
  for (const { name, engine } of databases) {
    const url = Object.keys(databaseKinds[engine].own).find((key) => key.endsWith('_URL')) ?? '';
    if (!all.has(urlKey(name))) all.set(urlKey(name), `\${${name}.${url}}`);
  }
  return all;
}

/** Adds what databases have and what they offer. A component's own variable of the same name wins; a database's never. */
export function withDatabases(
  scopes: readonly ComponentVariables[],
  databases: readonly NamedDatabase[],
): ComponentVariables[] {
  const variable = (key: string, value: string) => ({ key, value, version: `database:${value}` });
  const offered = offers(databases);
  return scopes.map((scope) => {
    const own = databases.find((one) => one.name === scope.component);
    if (own) {
      const kind = databaseKinds[own.engine];
      const mine = Object.entries(kind.own).map(([key, template]) => variable(key, fill(template, own.name)));
      const kept = scope.variables.filter((one) => one.key === kind.password);
      return { ...scope, variables: [...kept, ...mine] };
    }
    const taken = new Set(scope.variables.map((one) => one.key));
    const added = [...offered].filter(([key]) => !taken.has(key)).map(([key, value]) => variable(key, value));
    return { ...scope, variables: [...scope.variables, ...added] };
  });
}
