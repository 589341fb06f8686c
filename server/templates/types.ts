/** A template: what a new project begins with. Data; the starter source lies in `server/templates/<slug>/source`. */
import type { SettingsOverrides } from '#server/domain/settings.ts';
import type { ComponentKind, StageKind, VariableUse } from '#server/domain/words.ts';

export interface TemplateParameter {
  /** Becomes a variable of the project with this key. */
  key: string;
  label: string;
  description: string;
  default: string;
  use: VariableUse;
}
export interface TemplateComponent {
  name: string;
  kind: ComponentKind;
  /** One line for the tree of a new project. */
  description: string;
  settings: SettingsOverrides;
}
export interface Template {
  slug: string;
  /** Grows with each change of source or components; a project pins the one it began with. */
  version: number;
  title: string;
  /** One or two sentences for the gallery. */
  description: string;
  /** Short words for the gallery's filter: languages and frameworks. */
  tags: readonly string[];
  stages: readonly { name: string; kind: StageKind }[];
  parameters: readonly TemplateParameter[];
  components: readonly TemplateComponent[];
  /** Below `public/`. */
  screenshot: string;
}

export const commonStages: Template['stages'] = [
  { name: 'production', kind: 'built' },
  { name: 'staging', kind: 'built' },
  { name: 'development', kind: 'development' },
];
export const greeting = (text: string): TemplateParameter => ({
  key: 'APP_GREETING',
  label: 'Greeting',
  description: 'The headline of the page. Change it in Variables and deploy to see a configuration release.',
  default: text,
  use: 'run',
});
