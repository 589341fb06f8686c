/** Settings as people read them: one list of fields with label, unit and limits in words. Pure. */
import { refWords } from '#app/_features/components/ref-view.ts';
import type { Settings } from '#server/domain/settings.ts';

export type FieldKind =
  'text' | 'command' | 'path' | 'number' | 'cpu' | 'choice' | 'ref' | 'http' | 'paths' | 'switch' | 'image' | 'volumes';
export interface SettingField {
  path: string;
  label: string;
  kind: FieldKind;
  hint: string;
  unit?: string;
  /** `note` is the hint while it is chosen; `for` as of the field. */
  choices?: readonly { value: string; label: string; note?: string; for?: readonly string[] }[];
  /** Component kinds it applies to; all when absent. */
  for?: readonly string[];
}
export interface SettingGroup {
  title: string;
  fields: readonly SettingField[];
  isAdvanced?: boolean;
  /** Only for components from a repository, or only for images; both when absent. */
  of?: 'repository' | 'image';
}

const listening = ['web', 'tcp', 'static'] as const;
const running = ['web', 'tcp', 'worker', 'static', 'add-on'] as const;
export const settingGroups: readonly SettingGroup[] = [
  {
    title: 'Run',
    fields: [
      {
        path: 'run.port',
        label: 'Port',
        kind: 'number',
        hint: 'The application listens here; it also gets it as PORT. Empty: what was found',
        for: ['web', 'tcp'],
      },
      {
        path: 'run.command',
        label: 'Start command',
        kind: 'command',
        hint: 'Empty: what was found',
        for: ['web', 'tcp', 'worker', 'job', 'cron', 'add-on'],
      },
      {
        path: 'run.processType',
        label: 'Process type',
        kind: 'text',
        hint: 'The line of the Procfile. Empty: the one with its name, else web, tcp or worker',
        for: ['web', 'tcp', 'worker', 'job', 'cron'],
      },
      { path: 'instances', label: 'Instances', kind: 'number', hint: 'From 0 to 10', for: running },
      { path: 'size.cpuMillis', label: 'CPU', kind: 'cpu', unit: 'cores', hint: 'At most, per instance' },
      {
        path: 'size.memoryMib',
        label: 'Memory',
        kind: 'number',
        unit: 'MiB',
        hint: 'Per instance; more ends in “out of memory”',
      },
      {
        path: 'volumes',
        label: 'Storage',
        kind: 'volumes',
        hint: 'Name, path and GiB, such as uploads /app/uploads 5; more after a comma. One instance then, one at a time',
        for: running,
      },
    ],
  },
  {
    title: 'Image',
    of: 'image',
    fields: [
      {
        path: 'image',
        label: 'Image',
        kind: 'image',
        hint: 'name@sha256:… that this deployment runs. Empty: the one that the component was made with',
      },
    ],
  },
  {
    title: 'Source',
    of: 'repository',
    fields: [
      {
        path: 'ref',
        label: 'Code',
        kind: 'ref',
        hint: 'Resolved to a commit when a release is requested',
      },
      { path: 'rootDirectory', label: 'Root directory', kind: 'path', hint: 'Empty: the whole repository' },
    ],
  },
  {
    title: 'Build',
    of: 'repository',
    fields: [
      {
        path: 'build.planner',
        label: 'Built as',
        kind: 'choice',
        hint: 'Automatic looks for a Dockerfile, then the language',
        choices: [
          { value: 'auto', label: 'Automatic' },
          { value: 'dockerfile', label: 'Dockerfile' },
          { value: 'node', label: 'Node' },
          { value: 'python', label: 'Python' },
          { value: 'static', label: 'Static files' },
        ],
      },
      { path: 'build.installCommand', label: 'Install command', kind: 'command', hint: 'Empty: what was found' },
      { path: 'build.buildCommand', label: 'Build command', kind: 'command', hint: 'Empty: what was found' },
      {
        path: 'build.outputDirectory',
        label: 'Output directory',
        kind: 'path',
        hint: 'Folder with the finished files',
        for: ['static'],
      },
      { path: 'build.dockerfile', label: 'Dockerfile', kind: 'path', hint: 'Inside the root directory' },
      { path: 'build.context', label: 'Build context', kind: 'path', hint: 'Empty: the root directory' },
      { path: 'build.target', label: 'Build target', kind: 'text', hint: 'A stage of the Dockerfile' },
      {
        path: 'build.extraPaths',
        label: 'Also rebuild for',
        kind: 'paths',
        hint: 'Further paths of the repository, separated by commas',
      },
    ],
  },
  {
    title: 'Health and hand-over',
    isAdvanced: true,
    fields: [
      {
        path: 'readiness.http',
        label: 'Health check',
        kind: 'http',
        hint: 'A path that answers so three times in a row, for the settle time. Empty: ready when the port accepts',
        for: listening,
      },
      {
        path: 'readiness.deadlineSeconds',
        label: 'Ready within',
        kind: 'number',
        unit: 's',
        hint: 'Else the release fails and what serves stays. Unless set: 60',
      },
      {
        path: 'readiness.settleSeconds',
        label: 'Settle time',
        kind: 'number',
        unit: 's',
        hint: 'A worker is ready when it lives this long; a health check has to stay right this long. Unless set: 5',
        for: ['web', 'tcp', 'static', 'worker'],
      },
      {
        path: 'readiness.drainSeconds',
        label: 'Drain',
        kind: 'number',
        unit: 's',
        hint: 'Requests in flight at a switch may finish this long, then they are cut. Unless set: 30',
        for: listening,
      },
      {
        path: 'readiness.stopGraceSeconds',
        label: 'Stop grace',
        kind: 'number',
        unit: 's',
        hint: 'Between SIGTERM and SIGKILL. Unless set: 30',
      },
      {
        path: 'handOver',
        label: 'Hand-over',
        kind: 'choice',
        hint: 'How the new one takes over',
        choices: [
          { value: 'overlap', label: 'New beside old', note: 'Both run for a moment: no request waits or fails' },
          {
            value: 'single',
            label: 'One at a time',
            note: 'The old one ends before the new one starts. Requests wait meanwhile, up to 30 s, and WebSockets are cut. Always so with storage',
          },
          {
            value: 'after-switch',
            label: 'After the switch',
            note: 'Starts when requests reach the new release. When it does not stay up, the release fails and the previous routes come back',
            for: ['worker'],
          },
        ],
        for: running,
      },
    ],
  },
  {
    title: 'Hooks and route',
    isAdvanced: true,
    fields: [
      {
        path: 'hook.postdeploy',
        label: 'Post-deploy hook',
        kind: 'command',
        hint: 'Once per release, before traffic, for 20 minutes at most. Empty: that of the Procfile',
      },
      {
        path: 'hook.firstDeploy',
        label: 'First-deploy hook',
        kind: 'command',
        hint: 'In its place until the first release is live',
      },
      {
        path: 'hook.repeatable',
        label: 'When a hook is lost',
        kind: 'switch',
        hint: 'Its instance is gone before it ended: by hand, or with the machine',
        choices: [
          { value: 'false', label: 'Fail: it may have half happened' },
          { value: 'true', label: 'Run it again: twice does no harm' },
        ],
      },
      {
        path: 'route.host',
        label: 'Host',
        kind: 'choice',
        hint: 'Where it answers',
        choices: [
          { value: 'main', label: 'The deployment’s' },
          { value: 'own', label: 'One of its own' },
        ],
        for: ['web', 'static'],
      },
      {
        path: 'route.path',
        label: 'Path prefix',
        kind: 'text',
        hint: 'Requests below it come here',
        for: ['web', 'static'],
      },
    ],
  },
];
const allFields = settingGroups.flatMap((group) => group.fields);
export const settingField = (path: string): SettingField | undefined =>
  allFields.find(
    (field) => field.path === path || path.startsWith(`${field.path}.`) || field.path.startsWith(`${path}.`),
  );
export const settingLabel = (path: string): string => settingField(path)?.label ?? path;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** The value at a dotted path; undefined when there is none. */
export const valueAt = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), value);
/** A copy with the value at the path set; `undefined` takes it out, and groups that become empty go too. */
export function withValue(base: Record<string, unknown>, path: string, value: unknown): Record<string, unknown> {
  const [key = '', ...rest] = path.split('.');
  const copy = { ...base };
  if (rest.length === 0) {
    if (value === undefined) delete copy[key];
    else copy[key] = value;
    return copy;
  }
  const inner = withValue(isRecord(copy[key]) ? copy[key] : {}, rest.join('.'), value);
  if (Object.keys(inner).length === 0) delete copy[key];
  else copy[key] = inner;
  return copy;
}

/** Declared storage as one types it: `name path GiB`, separated by commas. */
export const volumesText = (value: unknown): string =>
  Array.isArray(value)
    ? value.map((one) => ['name', 'path', 'sizeGib'].map((key) => text(valueAt(one, key))).join(' ').trim()).join(', ') // prettier-ignore
    : '';
const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

/** Every field of complete settings with its value. */
export const flatSettings = (settings: Settings): { path: string; value: unknown }[] =>
  allFields.map((field) => ({ path: field.path, value: valueAt(settings, field.path) }));

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** A value as one reads it in a diff, with its unit. */
export function valueWords(path: string, value: unknown): string {
  if (value === null || value === undefined || value === '') return 'not set';
  const field = settingField(path);
  if (field?.kind === 'cpu' && typeof value === 'number') return `${String(value / 1000)} cores`;
  if (field?.kind === 'choice' || field?.kind === 'switch')
    return field.choices?.find((choice) => choice.value === plain(value))?.label ?? plain(value);
  if (isRecord(value) && typeof value['name'] === 'string') return refWords(value);
  if (isRecord(value) && typeof value['path'] === 'string')
    return `GET ${value['path']} answers ${String(value['status'])}`;
  if (field?.kind === 'volumes') return volumesText(value) || 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  if (isRecord(value)) return JSON.stringify(value);
  return field?.unit ? `${plain(value)} ${field.unit}` : plain(value);
}
