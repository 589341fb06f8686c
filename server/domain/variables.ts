/**
 * Variables: which of several layers wins, and what `${component.VAR}` stands for. Pure; values are plain text here.
 * Precedence: project < deployment < component < platform. `$${` writes a literal `${`.
 */
import type { VariableScope, VariableUse } from '#server/domain/words.ts';

/** Set by the platform for every instance; a tenant's variable of the same name loses. */
export const platformVariables = ['PORT', 'STAGE', 'APP_PUBLIC_URL', 'RELEASE', 'COMPONENT'] as const;

export interface LayeredVariable {
  key: string;
  scope: VariableScope;
  use: VariableUse;
}
const rank: Record<VariableScope, number> = { project: 0, deployment: 1, component: 2 };

/** The row that counts for each key at build or at run time, in order of the keys. */
export function effectiveVariables<T extends LayeredVariable>(rows: readonly T[], target: 'build' | 'run'): T[] {
  const winners = new Map<string, T>();
  for (const row of rows) {
    if (row.use !== 'both' && row.use !== target) continue;
    const current = winners.get(row.key);
    if (!current || rank[row.scope] >= rank[current.scope]) winners.set(row.key, row);
  }
  return [...winners.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

export interface ComponentVariables {
  component: string;
  /** Effective rows with their values; `version` is the row's id. */
  variables: readonly { key: string; version: string; value: string }[];
  platform: Readonly<Record<string, string>>;
}
export interface ResolvedEnvironment {
  values: Record<string, string>;
  /** Key → the versions that its value is made of; platform values count as themselves. */
  uses: Record<string, readonly string[]>;
}
export interface VariableProblem {
  component: string;
  key: string;
  code: 'unknown_component' | 'unknown_variable' | 'cycle' | 'revoked';
  /** The reference at fault, as written; empty when the value itself was revoked. */
  reference: string;
  message: string;
}

const reference = /\$(\$?)\{([a-z][a-z0-9-]{0,31})\.([A-Za-z_][A-Za-z0-9_]{0,127})\}/g;
interface Value {
  text: string;
  uses: readonly string[];
}

/** Every component's environment, or each reference that leads nowhere or in a circle. Never throws. */
export function resolveVariables(scopes: readonly ComponentVariables[]): {
  environments: ReadonlyMap<string, ResolvedEnvironment>;
  problems: readonly VariableProblem[];
} {
  const raw = new Map<string, Map<string, { text: string; version: string; literal: boolean }>>();
  for (const scope of scopes) {
    const values = new Map<string, { text: string; version: string; literal: boolean }>();
    for (const one of scope.variables) values.set(one.key, { text: one.value, version: one.version, literal: false });
    for (const [key, text] of Object.entries(scope.platform))
      values.set(key, { text, version: `platform:${text}`, literal: true });
    raw.set(scope.component, values);
  }
  const problems: VariableProblem[] = [];
  const resolved = new Map<string, Value>();

  const resolve = (component: string, key: string, path: readonly string[]): Value | null => {
    const id = `${component}.${key}`;
    const known = resolved.get(id);
    if (known) return known;
    const own = raw.get(component)?.get(key);
    if (!own) return null;
    if (own.literal) return { text: own.text, uses: [own.version] };
    const uses = new Set([own.version]);
    const text = own.text.replace(reference, (written: string, escaped: string, other: string, name: string) => {
      if (escaped) return written.slice(1);
      const problem = (code: VariableProblem['code'], message: string): string => {
        problems.push({ component, key, code, reference: written, message });
        return '';
      };
      if (!raw.has(other)) return problem('unknown_component', `There is no component named ${other}.`);
      if ([...path, id].includes(`${other}.${name}`))
        return problem('cycle', `${[...path, id, `${other}.${name}`].join(' → ')} goes in a circle.`);
      const value = resolve(other, name, [...path, id]);
      if (!value) return problem('unknown_variable', `${other} has no variable ${name}.`);
      for (const version of value.uses) uses.add(version);
      return value.text;
    });
    const value = { text, uses: [...uses] };
    resolved.set(id, value);
    return value;
  };

  const environments = new Map<string, ResolvedEnvironment>();
  for (const [component, values] of raw) {
    const environment: ResolvedEnvironment = { values: {}, uses: {} };
    for (const key of [...values.keys()].sort()) {
      const value = resolve(component, key, []);
      if (!value) continue;
      environment.values[key] = value.text;
      environment.uses[key] = value.uses;
    }
    environments.set(component, environment);
  }
  return { environments, problems };
}
