/** The second half of `npm run up`: database, engine, build, processes. Each step finds what is there and does the rest. */
import { parseArgs } from 'node:util';
import { ensureBaseImages, type BaseImage } from '#server/build/base-images.ts';
import { ensureBuilder } from '#server/build/builder-engine.ts';
import { environmentSchema, loadConfig, type Config, type Environment } from '#server/config.ts';
import { openDatabase } from '#server/db/client.ts';
import { migrateDatabase } from '#server/db/migrate.ts';
import { bold, duration, main, printLine, step } from './bootstrap/screen.mjs';
import { root, stateFolder } from './bootstrap/settings.mjs';
import { resumeApplications } from './platform/applications.ts';
import { installBootUnit } from './platform/boot.ts';
import { ensureBuilt, versionFolder } from './platform/build.ts';
import { ensureCertificate } from './platform/certificate.ts';
import type { Demo } from './platform/demo.ts';
import { ensureEngine } from './platform/engine.ts';
import { settleEnvironment, type Settlement } from './platform/environment.ts';
import { ensureInstallation, ensureLocalRegion, ensureSetupCode } from './platform/facts.ts';
import { ensurePostgres } from './platform/postgres.ts';
import { proxySnippet } from './platform/proxy-snippet.ts';
import { describeReachability } from './platform/reachability.ts';
import { ensureHelpers } from '#server/runtime/helper/build.ts';
import { deriveKey, Secret } from '#server/secret.ts';
import { ensureHostKeys } from '#server/ssh/host-keys.ts';
import { claimTurn, ensureSecret, prepareStateFolder } from './platform/state.ts';
import { ensureSupervisor } from './platform/supervision.ts';
import { sourceVersion } from './platform/version.ts';

const stateDir = stateFolder();

await main(async () => {
  const flag = { type: 'boolean', default: false } as const;
  const { boot, demo } = parseArgs({ options: { boot: flag, demo: flag } }).values;
  prepareStateFolder(stateDir);
  claimTurn(stateDir);
  ensureSecret(stateDir, 'master');
  const settlement = settleEnvironment(stateDir);
  const environment = environmentSchema.parse(settlement.values);

  await startDatabase(settlement);
  const { setupCode, fingerprint } = await migrate(settlement, environment);
  await startEngine(environment);
  await prepareCertificate(settlement, environment);
  const images = prepareBuilder(loadConfig({ ...settlement.values, NODE_ENV: 'production', SLIPWAY_STATE: stateDir }));
  const version = await buildVersion();
  await showImages(images);
  await prepareHelpers();
  await startProcesses(version, settlement);
  if (boot) await step('boot', 'writing the systemd unit', () => installBootUnit({ root, stateDir }));

  const sample = demo ? await deploySample(settlement, setupCode) : null;

  printSummary(settlement, environment, { setupCode: sample ? null : setupCode, fingerprint });
  if (!sample) return;
  console.log(`  Sample app  ${bold(sample.url)}`);
  console.log(`  Sign in as  ${bold(sample.email)}${sample.password ? `, password ${bold(sample.password)}` : ''}`);
  process.exit(0); // the use cases' connections stay open for as long as a web process lives
});

async function startDatabase({ ownsDatabase, values }: Settlement): Promise<void> {
  await step('database', 'starting PostgreSQL', async () => {
    const url = values['DATABASE_URL'] ?? '';
    if (!ownsDatabase) return `PostgreSQL at ${new URL(url).host}, as DATABASE_URL says`;
    return `PostgreSQL ${await ensurePostgres(stateDir, url, ensureSecret(stateDir, 'postgres'))}`;
  });
}

interface Facts {
  tag: string;
  setupCode: string | null;
  /** Of the SSH host key, as clients show it at first contact. */
  fingerprint: string;
}

/** Brings the schema to this version and writes the installation's facts. Answers the setup code while it is open, and the SSH host key's fingerprint. */
async function migrate({ reachability }: Settlement, environment: Environment): Promise<Facts> {
  const work = async (): Promise<Facts> => {
    await migrateDatabase(environment.DATABASE_URL, `${root}/drizzle`);
    const database = openDatabase(environment.DATABASE_URL, { name: 'up', max: 1 });
    try {
      const { tag } = await ensureInstallation(database.db, stateDir);
      const hostKey = deriveKey(new Secret(ensureSecret(stateDir, 'master')), 'ssh host keys');
      const fingerprint = await ensureHostKeys(database.db, hostKey);
      await ensureLocalRegion(database.db, reachability, environment.SLIPWAY_BUILD_SLOTS);
      return { tag, fingerprint, setupCode: await ensureSetupCode(database.db, stateDir) };
    } finally {
      await database.close();
    }
  };
  return step('schema', 'migrating the database', work, ({ tag }) => `current, installation ${tag}`);
}

/** The engine, and the applications that should live and do not, as after `down -- --apps`. */
async function startEngine({ SLIPWAY_DOCKER_SOCKET: socket }: Environment): Promise<void> {
  await step('engine', 'looking for Docker', async () => {
    const engine = await ensureEngine(stateDir, socket);
    const resumed = await resumeApplications(stateDir, socket);
    return resumed > 0 ? `${engine}, ${resumed} instances started again` : engine;
  });
}

async function prepareCertificate({ reachability }: Settlement, environment: Environment): Promise<void> {
  const sentence = await ensureCertificate(stateDir, reachability, environment.SLIPWAY_CERTIFICATE);
  const mark = reachability.certificate === 'own' ? 'pass' : 'note';
  if (sentence) printLine({ mark, name: 'certificate', detail: sentence });
}

async function buildVersion(): Promise<string> {
  const version = sourceVersion(root);
  await step(
    'build',
    'building the web app and the processes',
    async () => `${version} ${await ensureBuilt(root, version)}`,
  );
  return version;
}

/** The build engine and its base images; about a minute where no registry answers, so it runs beside the build. */
function prepareBuilder(config: Config): Promise<BaseImage[]> {
  const signal = AbortSignal.timeout(15 * 60_000);
  const images = ensureBuilder(config, signal).then(() => ensureBaseImages(config, () => undefined, signal));
  images.catch(() => undefined); // awaited, and told, in its own step
  return images;
}

async function showImages(images: Promise<BaseImage[]>): Promise<void> {
  const all = await step('base images', 'making base images', () => images, describeImages);
  for (const { name, problem } of all)
    if (problem !== null) printLine({ mark: 'note', name: 'base images', detail: `${name}: ${problem}` });
}

function describeImages(all: readonly BaseImage[]): string {
  const count = (how: BaseImage['how']): number =>
    all.filter((image) => image.how === how && image.problem === null).length;
  const parts = (['present', 'pulled', 'made'] as const).filter((how) => count(how) > 0);
  return parts.map((how) => `${count(how)} ${how}`).join(', ');
}

/** What SSH sessions need inside of instances; those that run have it after their next start. */
async function prepareHelpers(): Promise<void> {
  const source = `${root}/server/runtime/helper/session.c`;
  const work = () => ensureHelpers(stateDir, source, AbortSignal.timeout(5 * 60_000));
  const { problems } = await step('sessions', 'making the session helper', work, ({ made }) =>
    made ? 'session helper made' : 'session helper present',
  );
  for (const problem of problems) printLine({ mark: 'note', name: 'sessions', detail: problem });
}

async function startProcesses(version: string, { values }: Settlement): Promise<void> {
  await step('processes', 'starting Slipway', async () => {
    const place = { name: version, folder: versionFolder(root, version) };
    const { started, roles } = await ensureSupervisor(stateDir, place, values);
    return started ? `started ${roles.join(', ')}` : `${roles.join(', ')} run`;
  });
}

async function deploySample({ values }: Settlement, setupCode: string | null): Promise<Demo> {
  Object.assign(process.env, values, { SLIPWAY_STATE: stateDir });
  const { ensureDemo } = await import('./platform/demo.ts');
  return step(
    'demo',
    'deploying a sample project',
    () => ensureDemo(stateDir, setupCode),
    () => 'Hello is live',
  );
}

function printSummary(
  { reachability, proxyProgram }: Settlement,
  environment: Environment,
  { setupCode, fingerprint }: Pick<Facts, 'setupCode' | 'fingerprint'>,
): void {
  const started = Number(process.env['SLIPWAY_STARTED_AT'] ?? Date.now() - performance.now());
  console.log(
    `\n${bold('Slipway is up')} after ${duration(Date.now() - started)}, ${describeReachability(reachability)}`,
  );
  console.log(`  Dashboard   ${bold(environment.SLIPWAY_PUBLIC_URL)}`);
  console.log(`  SSH         port ${environment.SLIPWAY_SSH_PORT}, host key ${fingerprint}`);
  if (setupCode)
    console.log(`  Setup code  ${bold(setupCode)}   (for the first account; \`npm run code\` shows it again)`);
  if (!reachability.proxied) return;
  const dashboardHost = new URL(reachability.publicUrl).hostname;
  const target = { dashboardHost, appsDomain: reachability.appsDomain, httpPort: reachability.ports.http };
  console.log(
    `\nPorts 80 and 443 belong to another web server. Add this to it:\n\n${proxySnippet(proxyProgram, target)}`,
  );
}
