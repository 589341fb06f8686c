/**
 * How the image of a database is built: from Debian's packages, on every installation alike. The files of a volume belong to a
 * user with a fixed number, which stays the same when the image is built anew.
 */
import { createHash } from 'node:crypto';
import { mariadbScript } from '#server/build/databases/mariadb.ts';
import { postgresqlScript } from '#server/build/databases/postgresql.ts';
import { redisScript } from '#server/build/databases/redis.ts';
import { debianName } from '#server/build/base-recipes.ts';
import type { BuildPlan } from '#server/build/types.ts';
import { type Database, type DatabaseEngine, databaseKinds } from '#server/domain/databases.ts';

interface Recipe {
  user: string;
  /** Before the packages, so that they make no database of their own. */
  prepare: string;
  packages: string;
  stopSignal: string;
  script: string;
}
const recipes: Readonly<Record<DatabaseEngine, Recipe>> = {
  postgresql: {
    user: 'postgres',
    prepare:
      "mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf",
    packages: 'postgresql-15',
    stopSignal: 'SIGINT', // ends sessions; SIGTERM would wait for each to leave
    script: postgresqlScript,
  },
  mariadb: { user: 'mysql', prepare: 'true', packages: 'mariadb-server', stopSignal: 'SIGTERM', script: mariadbScript },
  redis: { user: 'redis', prepare: 'true', packages: 'redis-server', stopSignal: 'SIGTERM', script: redisScript },
};
const userNumber = 970;
const scriptFile = 'database.sh';

const dockerfile = ({ user, prepare, packages, stopSignal }: Recipe, port: number): string => `FROM ${debianName}
RUN groupadd --system --gid ${userNumber} ${user} \\
 && useradd --system --uid ${userNumber} --gid ${user} --home-dir /data --shell /bin/sh ${user} \\
 && ${prepare} \\
 && apt-get update -qq \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ${packages} \\
 && rm -rf /var/lib/apt/lists/* /var/lib/mysql /var/lib/redis && mkdir -p /data
COPY ${scriptFile} /usr/local/bin/database
RUN chmod 755 /usr/local/bin/database
EXPOSE ${port}
STOPSIGNAL ${stopSignal}
ENTRYPOINT ["/usr/local/bin/database"]
`;

/** The plan, the files of its context, and a hash of both. */
export function databasePlan({ engine, version }: Database): {
  plan: BuildPlan;
  files: Readonly<Record<string, string>>;
  hash: string;
} {
  const recipe = recipes[engine];
  const { title, port } = databaseKinds[engine];
  const text = dockerfile(recipe, port);
  const files = { [scriptFile]: recipe.script };
  return {
    plan: {
      planner: 'dockerfile',
      found: [`${title} ${version} from Debian's packages`],
      dockerfile: { kind: 'rendered', text },
      context: '',
      target: '',
      port,
      command: null,
    },
    files,
    hash: createHash('sha256')
      .update(JSON.stringify([text, files]))
      .digest('hex'),
  };
}
