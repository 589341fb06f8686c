/** What "New project" fills in, and what it asks for in the end. Pure. */
import { slugFrom } from '#server/domain/naming.ts';
import type { RepositoryInspection, TemplateView } from '#server/domain/views/projects.ts';
import type { StageKind } from '#server/domain/words.ts';

export interface Form {
  name: string;
  stage: string;
  regionId: string;
  parameters: Record<string, string>;
  /** Of the one component, when the source is an image. */
  componentName: string;
  branch: string;
  rootDirectory: string;
  kind: 'web' | 'tcp' | 'worker' | 'static';
  port: string;
  installCommand: string;
  buildCommand: string;
  runCommand: string;
  outputDirectory: string;
  memoryMib: string;
  instances: string;
}
export type Credential =
  { kind: 'none' } | { kind: 'stored'; credentialId: string } | { kind: 'token'; username: string; token: string };
export type Chosen =
  | { kind: 'template'; template: TemplateView }
  | { kind: 'repository'; inspection: RepositoryInspection; credential: Credential }
  | { kind: 'image'; image: string };

const empty: Form = {
  name: '', stage: 'production', regionId: '', parameters: {}, componentName: '', branch: '', rootDirectory: '', kind: 'web', port: '', installCommand: '',
  buildCommand: '', runCommand: '', outputDirectory: '', memoryMib: '512', instances: '1',
}; // prettier-ignore

/** `https://host/acme/web-shop.git` → `web-shop`. */
export const nameFromUrl = (url: string): string => {
  const last = url.replace(/\/+$/, '').replace(/\.git$/, '').split(/[/:]/).at(-1) ?? ''; // prettier-ignore
  return slugFrom(last);
};
/** `registry.example.net/acme/web-shop:2@sha256:…` → `web-shop`. */
export const nameFromImage = (image: string): string => {
  const last = image.trim().replace(/@.*$/, '').split('/').at(-1) ?? '';
  return slugFrom(last.replace(/:.*$/, ''));
};
/** What is wrong with an image as it is typed, or null. The server checks it again. */
export function imageProblem(image: string): string | null {
  const [name = '', digest] = image.trim().split('@');
  if (name === '') return 'Give the image with its digest: name@sha256:…';
  if (digest === undefined) return 'Add the digest, @sha256:…: a tag can point at something else tomorrow';
  if (!/^sha256:[a-f0-9]{64}$/.test(digest)) return 'A digest is sha256: and 64 characters, 0 to 9 and a to f';
  return /^[a-z0-9](?:[a-z0-9._:/-]*[a-z0-9])?$/.test(name) ? null : 'Lower-case letters, digits and . _ - / : before the digest'; // prettier-ignore
}
/** The components that the repository's `slipway.yaml` describes; none without one. */
export const describedComponents = (chosen: Chosen) =>
  chosen.kind === 'repository' && chosen.inspection.manifest?.kind === 'read'
    ? chosen.inspection.manifest.components
    : [];

/** Why Deploy cannot be pressed yet, or null. */
export const missing = (chosen: Chosen | null): string | null =>
  chosen === null
    ? 'Choose a template, a repository or an image first'
    : chosen.kind === 'image'
      ? imageProblem(chosen.image)
      : chosen.kind === 'repository' && chosen.inspection.manifest?.kind === 'wrong'
        ? 'Correct slipway.yaml first, then look inside again'
        : null;
/** A name that no project has yet: `shop`, `shop-2`, … */
export function freeName(wanted: string, taken: readonly string[]): string {
  if (!taken.includes(wanted)) return wanted;
  for (let number = 2; ; number += 1) {
    const name = `${wanted.slice(0, 28)}-${String(number)}`;
    if (!taken.includes(name)) return name;
  }
}
export const builtStages: readonly { name: string; kind: StageKind }[] = [
  { name: 'production', kind: 'built' },
  { name: 'staging', kind: 'built' },
  { name: 'testing', kind: 'built' },
];
export const stagesOf = (chosen: Chosen): readonly { name: string; kind: StageKind }[] =>
  chosen.kind === 'template' && chosen.template.stages.length > 0 ? chosen.template.stages : builtStages;

/** Everything filled in from what was chosen; the reader only has to press Deploy. */
export function formFor(chosen: Chosen, taken: readonly string[]): Form {
  const stage =
    (stagesOf(chosen).find((item) => item.name === 'production') ?? stagesOf(chosen)[0])?.name ?? 'production';
  if (chosen.kind === 'template') {
    const parameters = Object.fromEntries(
      chosen.template.parameters.map((parameter) => [parameter.key, parameter.default]),
    );
    return { ...empty, name: freeName(chosen.template.slug, taken), stage, parameters };
  }
  if (chosen.kind === 'image')
    return {
      ...empty,
      name: freeName(nameFromImage(chosen.image), taken),
      stage,
      componentName: 'web',
      port: '8080',
    };
  const { inspection } = chosen;
  const isStatic = inspection.found.kind === 'plan' && inspection.found.planner === 'static';
  const port = inspection.found.kind === 'plan' ? inspection.found.port : null;
  return {
    ...empty,
    name: freeName(nameFromUrl(inspection.url), taken),
    stage,
    branch: inspection.ref.name,
    kind: isStatic ? 'static' : 'web',
    port: String(port ?? (isStatic ? '' : 3000)),
  };
}

/** The form after another choice: between images, whose name is typed letter by letter, what a person wrote stays. */
export function formAfter(before: { chosen: Chosen; form: Form } | null, next: Chosen, taken: readonly string[]): Form {
  const filled = formFor(next, taken);
  if (before?.chosen.kind !== 'image' || next.kind !== 'image') return filled;
  const isUntouched = before.form.name === formFor(before.chosen, taken).name;
  return { ...before.form, name: isUntouched ? filled.name : before.form.name };
}

/** Kinds whose port a person chooses. */
export const listens = (form: Pick<Form, 'kind'>): boolean => form.kind === 'web' || form.kind === 'tcp';
export const kindHints: Record<Form['kind'], string> = {
  web: 'Answers requests',
  tcp: 'Accepts connections inside the deployment',
  worker: 'Runs without a port',
  static: 'Files only',
};
const text = (value: string): string | null => (value.trim() === '' ? null : value.trim());
const number = (value: string): number => Number(value.replace(',', '.'));
/** Settings that differ from the product's defaults; nothing else is written down. */
export function settingsOf(form: Form) {
  const build = {
    ...(text(form.installCommand) ? { installCommand: text(form.installCommand) } : {}),
    ...(text(form.buildCommand) ? { buildCommand: text(form.buildCommand) } : {}),
    ...(text(form.outputDirectory) ? { outputDirectory: text(form.outputDirectory) } : {}),
  };
  const run = {
    ...(text(form.runCommand) ? { command: text(form.runCommand) } : {}),
    ...(listens(form) && form.port !== '' ? { port: number(form.port) } : {}),
  };
  return {
    ...(Object.keys(build).length > 0 ? { build } : {}),
    ...(Object.keys(run).length > 0 ? { run } : {}),
    ...(number(form.memoryMib) === 512 ? {} : { size: { memoryMib: number(form.memoryMib) } }),
    ...(number(form.instances) === 1 ? {} : { instances: number(form.instances) }),
  };
}

/** The input of `projects.create`. */
export function requestOf(org: string, chosen: Chosen, form: Form) {
  const stage = stagesOf(chosen).find((item) => item.name === form.stage) ?? {
    name: form.stage,
    kind: 'built' as const,
  };
  const deployment = { name: stage.name, stage, ...(form.regionId ? { regionId: form.regionId } : {}) };
  const base = { org, name: form.name.trim(), deployment };
  if (chosen.kind === 'template')
    return {
      ...base,
      source: { kind: 'template' as const, template: chosen.template.slug, parameters: form.parameters },
    };
  if (chosen.kind === 'image') {
    const component = { name: form.componentName.trim(), kind: form.kind, settings: settingsOf({ ...form, port: '' }) };
    const port = listens(form) ? { port: number(form.port) } : {};
    return { ...base, source: { kind: 'image' as const, image: chosen.image.trim(), ...port, component } };
  }
  const { inspection, credential } = chosen;
  const ref = { ...inspection.ref, name: form.branch || inspection.ref.name };
  const isDescribed = describedComponents(chosen).length > 0;
  const component = isDescribed ? {} : { component: { name: form.kind, kind: form.kind, settings: settingsOf(form) } };
  return {
    ...base,
    source: {
      kind: 'git' as const,
      url: inspection.url,
      credential,
      ref,
      rootDirectory: isDescribed ? '' : form.rootDirectory,
      ...component,
    },
  };
}
