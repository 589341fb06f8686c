/** Planner: Node applications, and front ends that Node builds into plain files. */
import { packageInstall, type PackageInstall } from '#server/build/planners/node-packages.ts';
import { nodeVersion } from '#server/build/planners/node-version.ts';
import { dependsOn, readPackageJson, type PackageJson } from '#server/build/planners/package-json.ts';
import { isBackground, processTypeOf } from '#server/build/planners/procfile.ts';
import { buildArguments, planFailure, renderedPlan, runSteps, startFindings } from '#server/build/planners/results.ts';
import { fileServerStage, fileServerPort } from '#server/build/planners/file-server.ts';
import { staticFolder } from '#server/build/planners/static.ts';
import type { PlanFailure, PlanInput, Planner, PlanResult } from '#server/build/planners/types.ts';
import { imageUser, type Stage, type Step } from '#server/build/render.ts';

const defaultPort = 3000;
const binaries = '/app/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Start scripts that only serve a developer. */
const developmentServer =
  /^(?:vite|react-scripts start|astro dev|parcel|webpack serve|webpack-dev-server)\b(?!.*\bpreview\b)/;

/** Front-end tools that leave a folder of plain files, and where. */
const fileBuilders = [
  { dependency: 'astro', label: 'Astro', output: 'dist', isSinglePage: false },
  { dependency: '@11ty/eleventy', label: 'Eleventy', output: '_site', isSinglePage: false },
  { dependency: 'vite', label: 'Vite', output: 'dist', isSinglePage: true },
  { dependency: 'react-scripts', label: 'Create React App', output: 'build', isSinglePage: true },
] as const;
const servers: readonly (readonly [dependency: string, label: string])[] = [
  ['next', 'Next.js'],
  ['express', 'Express'],
  ['fastify', 'Fastify'],
  ['hono', 'Hono'],
  ['koa', 'Koa'],
  ['@nestjs/core', 'NestJS'],
];

interface NodeFacts {
  json: PackageJson;
  install: PackageInstall;
  image: string;
  /** What the list of findings begins with. */
  found: readonly string[];
  buildCommand: string | null;
}

/** The command that the image starts with: Procfile, then package.json, then a file with a usual name. */
function startCommand(input: PlanInput, facts: NodeFacts): { command: string; from: string } | null | PlanFailure {
  const declared = processTypeOf(input);
  if (declared !== null && 'kind' in declared) return declared;
  if (declared !== null) return { command: declared.command, from: `Procfile ${declared.type}` };
  const { scripts, main } = facts.json;
  const script = isBackground(input) && scripts.worker !== undefined ? 'worker' : 'start';
  const text = scripts[script]?.trim();
  if (text && !developmentServer.test(text)) {
    // Hooks around a script are the package manager's business; a plain script is started without it, so that the
    // application itself gets the stop signal.
    const hasHooks = scripts[`pre${script}`] !== undefined || scripts[`post${script}`] !== undefined;
    return { command: hasHooks ? facts.install.run(script) : text, from: `${script} script` };
  }
  const file = [main, 'server.js', 'index.js', 'app.js', 'main.js'].find(
    (name) =>
      name !== undefined && /^[\w./-]+\.[cm]?js$/.test(name) && input.files.paths.includes(name.replace(/^\.\//, '')),
  );
  return file === undefined ? null : { command: `node ${file}`, from: 'found by name' };
}

/** The stage that installs and builds in /app. */
function buildStage(input: PlanInput, facts: NodeFacts, keepDevelopment: boolean): Stage {
  const { install } = facts;
  const custom = input.settings.build.installCommand;
  const needs = custom === null ? install.needs : 'everything';
  const copyAll: Step = { do: 'copy', sources: ['.'], to: './' };
  const args = buildArguments(input);
  const npmrc = input.files.read('.npmrc') ?? '';
  const forInstall = args.filter((step) => step.do === 'argument' && npmrc.includes(`\${${step.name}}`));
  const hasDevelopment = Object.keys(facts.json.devDependencies).length > 0;
  const prune = keepDevelopment || !hasDevelopment || custom !== null ? null : install.prune;
  return {
    from: facts.image,
    name: 'build',
    steps: [
      { do: 'workdir', path: '/app' },
      { do: 'env', values: { PATH: binaries, CI: 'true', NEXT_TELEMETRY_DISABLED: '1' } },
      ...(install.setup === null ? [] : [{ do: 'run' as const, command: install.setup, caches: ['/root/.npm'] }]),
      ...forInstall,
      needs === 'everything' ? copyAll : { do: 'copy', sources: needs, to: './' },
      { do: 'run', command: custom ?? install.command, caches: install.caches },
      ...(needs === 'everything' ? [] : [copyAll]),
      ...args,
      ...(facts.buildCommand === null ? [] : [{ do: 'run' as const, command: facts.buildCommand }]),
      ...(prune === null ? [] : [{ do: 'run' as const, command: prune, caches: install.caches }]),
    ],
  };
}

interface FilesOutput {
  label: string;
  /** Relative to the root directory. */
  output: string;
  /** Unknown paths get index.html: the page itself reads the address. */
  isSinglePage: boolean;
}

/** The folder of finished files, when this is a front end without a server of its own. */
function filesOutput(input: PlanInput, facts: NodeFacts, hasServer: boolean): FilesOutput | null {
  const chosen = input.settings.build.outputDirectory;
  const isStatic = input.context.kind === 'static';
  if (hasServer && !isStatic) return null;
  const builder = fileBuilders.find(({ dependency }) => dependsOn(facts.json, dependency));
  if (chosen !== null) return { label: 'Files', isSinglePage: false, ...builder, output: chosen };
  if (facts.buildCommand === null) return null;
  if (builder) return builder;
  return isStatic ? { label: 'Files', output: 'dist', isSinglePage: false } : null;
}

/** Next.js keeps idle connections for 5 s only; the edge reuses them for longer. */
const withKeepAlive = (command: string): string =>
  /^next start(?!.*--keepAliveTimeout)/.test(command) ? `${command} --keepAliveTimeout 75000` : command;

const standaloneConfig = /\boutput\s*:\s*['"]standalone['"]/;
function usesStandaloneNext(input: PlanInput, facts: NodeFacts, command: string): boolean {
  const config = ['next.config.js', 'next.config.mjs', 'next.config.ts', 'next.config.cjs'];
  const isNextStart = /^next start\b/.test(command);
  return (
    isNextStart &&
    dependsOn(facts.json, 'next') &&
    config.some((name) => standaloneConfig.test(input.files.read(name) ?? ''))
  );
}

const environment = { NODE_ENV: 'production', PATH: binaries, HOME: '/tmp', NEXT_TELEMETRY_DISABLED: '1' };

function serverStages(input: PlanInput, facts: NodeFacts, start: string | null): Stage[] {
  if (start !== null && usesStandaloneNext(input, facts, start)) {
    const copy = (from: string, to: string): Step => ({
      do: 'copy',
      from: 'build',
      owner: imageUser,
      sources: [from],
      to,
    });
    const hasPublic = input.files.paths.some((path) => path.startsWith('public/'));
    const steps: Step[] = [
      { do: 'workdir', path: '/app' },
      // Docker sets HOSTNAME to the container's name, and the server would listen on that address only.
      { do: 'env', values: { ...environment, HOSTNAME: '0.0.0.0', KEEP_ALIVE_TIMEOUT: '75000' } },
      copy('/app/.next/standalone', './'),
      copy('/app/.next/static', './.next/static'),
      ...(hasPublic ? [copy('/app/public', './public')] : []),
      ...runSteps(defaultPort, 'node server.js'),
    ];
    return [buildStage(input, facts, true), { from: facts.image, steps }];
  }
  const steps: Step[] = [
    { do: 'workdir', path: '/app' },
    { do: 'env', values: environment },
    { do: 'copy', from: 'build', owner: imageUser, sources: ['/app'], to: '/app' },
    ...runSteps(defaultPort, start === null ? null : withKeepAlive(start)),
  ];
  return [buildStage(input, facts, false), { from: facts.image, steps }];
}

function readFacts(input: PlanInput): NodeFacts | PlanFailure {
  const json = readPackageJson(input.files);
  if (json === null)
    return planFailure('no_planner', 'build.planner', 'There is no readable package.json in the root directory.', 'Add one, or correct the root directory.'); // prettier-ignore
  const version = nodeVersion(json, input.files);
  if ('unsatisfied' in version)
    return planFailure('no_planner', 'build.planner', `The repository asks for Node “${version.unsatisfied}”; 24, 22 and 20 are offered.`, 'Change `engines.node` in package.json, or add a Dockerfile.'); // prettier-ignore
  const install = packageInstall(json, input.files);
  const custom = input.settings.build.buildCommand;
  const buildCommand = custom ?? (json.scripts.build === undefined ? null : install.run('build'));
  const framework = servers.find(([dependency]) => dependsOn(json, dependency));
  return {
    json,
    install,
    image: `node:${version.major}-bookworm-slim`,
    buildCommand,
    found: [
      `Node ${version.major} (${version.from})`,
      ...(framework ? [framework[1]] : []),
      input.settings.build.installCommand === null ? install.found : 'install command from the settings',
      ...(buildCommand === null ? [] : [buildCommand]),
    ],
  };
}

/** Plain files whose package.json only holds a formatter or the like: nothing to build, nothing to start. */
function hasOnlyTools(input: PlanInput): boolean {
  const json = readPackageJson(input.files);
  const runs = json === null || json.scripts.build !== undefined || json.scripts.start !== undefined;
  const isServer =
    json?.main !== undefined || input.files.paths.some((path) => /^(?:server|app|main)\.[cm]?js$/.test(path));
  return !runs && !isServer && Object.keys(json.dependencies).length === 0 && staticFolder(input) !== null;
}

export const nodePlanner: Planner = {
  name: 'node',
  detect: (input) => input.files.paths.includes('package.json') && !hasOnlyTools(input),
  plan(input): PlanResult {
    const facts = readFacts(input);
    if ('kind' in facts) return facts;
    const start = startCommand(input, facts);
    if (start !== null && 'kind' in start) return start;
    const files = filesOutput(input, facts, start !== null);
    if (files) {
      const found = [...facts.found, `${files.label}: files in ${files.output}`];
      const stages = [buildStage(input, facts, true), fileServerStage({ from: 'build', folder: `/app/${files.output}`, isSinglePage: files.isSinglePage })]; // prettier-ignore
      return renderedPlan(input, 'static', { found, stages, port: fileServerPort });
    }
    if (start === null && input.settings.run.command === null)
      return planFailure('no_planner', 'run.command', 'package.json has no start script.', 'Add a start script, or set a start command.'); // prettier-ignore
    const found = [...facts.found, ...startFindings(input, start, defaultPort)];
    const stages = serverStages(input, facts, start?.command ?? null);
    return renderedPlan(input, 'node', { found, stages, port: defaultPort });
  },
};
