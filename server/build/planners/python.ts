/** Planner: Python applications with requirements.txt, pyproject.toml, or no dependencies at all. */
import { isBackground, processTypeOf } from '#server/build/planners/procfile.ts';
import { buildArguments, planFailure, renderedPlan, runSteps, startFindings } from '#server/build/planners/results.ts';
import type { PlanFailure, PlanInput, Planner, PlanResult, RepositoryListing } from '#server/build/planners/types.ts';
import { imageUser, type Stage, type Step } from '#server/build/render.ts';

const defaultPort = 8000;
const versions = ['3.11', '3.14', '3.13', '3.12', '3.10'] as const;
const environment = '/opt/venv';
const entryFiles = ['main.py', 'app.py', 'server.py', 'wsgi.py', 'asgi.py'];

interface Install {
  found: string;
  needs: readonly string[] | 'everything';
  command: string;
}

/** The version that the repository names, when there is an image of it. */
function pythonVersion(files: RepositoryListing): { version: string; from: string } | { unsatisfied: string } {
  const said = [
    ['.python-version', files.read('.python-version')?.trim()],
    ['runtime.txt', files.read('runtime.txt')?.trim().replace(/^python-/, '')],
    ['pyproject.toml', /^requires-python\s*=\s*["']\s*(?:==|~=|\^)\s*(3\.\d+)/m.exec(files.read('pyproject.toml') ?? '')?.[1]],
  ] as const; // prettier-ignore
  for (const [from, text] of said) {
    if (!text) continue;
    const minor = /^3\.\d+/.exec(text)?.[0];
    const version = versions.find((known) => known === minor);
    return version ? { version, from } : { unsatisfied: text.slice(0, 30) };
  }
  return { version: versions[0], from: 'default' };
}

/** An application that is no package: only its dependencies are installed. */
const installDeclared = `python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"].get("dependencies", []), sep="\\n")' > /tmp/requirements.txt && pip install -r /tmp/requirements.txt`;

function installOf(files: RepositoryListing): Install | null {
  const has = (name: string): boolean => files.paths.includes(name);
  if (has('uv.lock'))
    return { found: 'uv sync (uv.lock)', needs: 'everything', command: `pip install uv && UV_PROJECT_ENVIRONMENT=${environment} uv sync --frozen --no-dev` }; // prettier-ignore
  if (has('requirements.txt')) {
    const isSelfContained = !/^\s*(-r|-c|-e|\.|file:)/m.test(files.read('requirements.txt') ?? '');
    return {
      found: 'pip install (requirements.txt)',
      needs: isSelfContained ? ['requirements.txt'] : 'everything',
      command: 'pip install -r requirements.txt',
    };
  }
  if (!has('pyproject.toml')) return null;
  const isPackage = /^\s*\[build-system\]/m.test(files.read('pyproject.toml') ?? '');
  return {
    found: 'pip install (pyproject.toml)',
    needs: 'everything',
    command: isPackage ? 'pip install .' : installDeclared,
  };
}

/** What the repository declares, as text to look for a framework in. */
const declared = (files: RepositoryListing): string =>
  ['requirements.txt', 'pyproject.toml'].map((name) => files.read(name) ?? '').join('\n');

const declares = (files: RepositoryListing, name: string): boolean =>
  new RegExp(`(?:^|["'\\s])${name}(?:\\[[^\\]]*\\])?(?=$|["'\\s<>=~!;,])`, 'im').test(declared(files));

/** `module:variable` of the application object, found by its constructor in a file with a usual name. */
function applicationObject(files: RepositoryListing, constructor: string): string | null {
  for (const name of entryFiles) {
    const variable = new RegExp(`^(\\w+)\\s*=\\s*${constructor}\\(`, 'm').exec(files.read(name) ?? '')?.[1];
    if (variable) return `${name.slice(0, -'.py'.length)}:${variable}`;
  }
  return null;
}

function startCommand(input: PlanInput): { command: string; from: string } | null | PlanFailure {
  const { files } = input;
  const declared = processTypeOf(input);
  if (declared !== null && 'kind' in declared) return declared;
  if (declared !== null) return { command: declared.command, from: `Procfile ${declared.type}` };
  if (isBackground(input) && files.paths.includes('worker.py'))
    return { command: 'python worker.py', from: 'found by name' };
  const gunicorn = (object: string): string => `gunicorn ${object} --bind 0.0.0.0:\${PORT} --keep-alive 75`;
  const wsgi = files.paths.find((path) => /^\w+\/wsgi\.py$/.test(path));
  if (files.paths.includes('manage.py') && wsgi && declares(files, 'gunicorn'))
    return { command: gunicorn(wsgi.replace('.py', '').replace('/', '.')), from: 'Django' };
  const fast = applicationObject(files, 'FastAPI') ?? applicationObject(files, 'Starlette');
  if (fast && (declares(files, 'uvicorn') || declares(files, 'fastapi')))
    return { command: `uvicorn ${fast} --host 0.0.0.0 --port \${PORT} --timeout-keep-alive 75`, from: 'FastAPI' };
  const flask = applicationObject(files, 'Flask');
  if (flask && declares(files, 'gunicorn')) return { command: gunicorn(flask), from: 'Flask' };
  const file = entryFiles.find((name) => files.paths.includes(name));
  return file ? { command: `python ${file}`, from: 'found by name' } : null;
}

function stagesOf(input: PlanInput, image: string, install: Install | null, start: string | null): Stage[] {
  const path = `${environment}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const copyAll: Step = { do: 'copy', sources: ['.'], to: './' };
  const custom = input.settings.build.installCommand;
  const build = input.settings.build.buildCommand;
  const needs = custom === null ? (install?.needs ?? 'everything') : 'everything';
  const command = custom ?? install?.command ?? null;
  const builder: Stage = {
    from: image,
    name: 'build',
    steps: [
      { do: 'workdir', path: '/app' },
      { do: 'run', command: `python3 -m venv ${environment}` },
      { do: 'env', values: { PATH: path } },
      ...buildArguments(input),
      ...(needs === 'everything' ? [copyAll] : [{ do: 'copy' as const, sources: needs, to: './' }]),
      ...(command === null ? [] : [{ do: 'run' as const, command, caches: ['/root/.cache'] }]),
      ...(needs === 'everything' ? [] : [copyAll]),
      ...(build === null ? [] : [{ do: 'run' as const, command: build }]),
    ],
  };
  const values = { PATH: path, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1', HOME: '/tmp' };
  const last: Step[] = [
    { do: 'workdir', path: '/app' },
    { do: 'env', values },
  ];
  if (command === null && build === null)
    return [{ from: image, steps: [...last, { ...copyAll, owner: imageUser }, ...runSteps(defaultPort, start)] }];
  last.push({ do: 'copy', from: 'build', sources: [environment], to: environment });
  last.push({ do: 'copy', from: 'build', owner: imageUser, sources: ['/app'], to: '/app' });
  return [builder, { from: image, steps: [...last, ...runSteps(defaultPort, start)] }];
}

export const pythonPlanner: Planner = {
  name: 'python',
  detect: ({ files }) =>
    ['requirements.txt', 'pyproject.toml', 'uv.lock', 'manage.py', ...entryFiles].some((name) =>
      files.paths.includes(name),
    ),
  plan(input): PlanResult {
    const { files } = input;
    const version = pythonVersion(files);
    if ('unsatisfied' in version)
      return planFailure('no_planner', 'build.planner', `The repository asks for Python “${version.unsatisfied}”; 3.10 to 3.14 are offered.`, 'Change the version in the repository, or add a Dockerfile.'); // prettier-ignore
    const start = startCommand(input);
    if (start !== null && 'kind' in start) return start;
    if (start === null && input.settings.run.command === null)
      return planFailure('no_planner', 'run.command', 'Nothing says how to start this Python application.', 'Add a Procfile with a web line, or set a start command.'); // prettier-ignore
    const install = installOf(files);
    const found = [
      `Python ${version.version} (${version.from})`,
      input.settings.build.installCommand === null
        ? (install?.found ?? 'no dependencies')
        : 'install command from the settings',
      ...startFindings(input, start, defaultPort),
    ];
    const stages = stagesOf(input, `python:${version.version}-slim-bookworm`, install, start?.command ?? null);
    return renderedPlan(input, 'python', { found, stages, port: defaultPort });
  },
};
