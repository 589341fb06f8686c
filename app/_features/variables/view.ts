/** The table of variables. Pure. */
import type { VariableList, VariableView } from '#server/domain/views/projects.ts';
import type { VariableScope } from '#server/domain/words.ts';

/** Where a value counts; the narrower one wins. */
export interface Target {
  scope: VariableScope;
  deploymentId?: string;
  componentId?: string;
}
/** As one string, for a select and the address. */
export const targetKey = (target: Target): string =>
  target.scope === 'component' ? `component:${target.componentId ?? ''}` : target.scope;
export function targetFrom(key: string, deploymentId: string): Target {
  if (key.startsWith('component:'))
    return { scope: 'component', deploymentId, componentId: key.slice('component:'.length) };
  return key === 'project' ? { scope: 'project' } : { scope: 'deployment', deploymentId };
}
export const targetOf = (variable: VariableView): Target => ({
  scope: variable.scope,
  ...(variable.deploymentId ? { deploymentId: variable.deploymentId } : {}),
  ...(variable.componentId ? { componentId: variable.componentId } : {}),
});

export const scopeWords = (variable: Pick<VariableView, 'scope' | 'componentName'>): string =>
  variable.scope === 'component'
    ? (variable.componentName ?? 'component')
    : variable.scope === 'project'
      ? 'all deployments'
      : 'this deployment';
export const useWords = { run: 'run', build: 'build', both: 'build and run' } as const;

const rank: Record<VariableScope, number> = { project: 0, deployment: 1, component: 2 };
export interface VariableRow {
  variable: VariableView;
  /** A narrower one of the same key wins over it in this deployment. */
  isOverridden: boolean;
}
/** By key, wider scopes first; what a deployment-wide value hides is marked. */
export function variableRows(list: VariableList, filter: string): VariableRow[] {
  const wanted = filter.trim().toLowerCase();
  return list.variables
    .filter((variable) => variable.key.toLowerCase().includes(wanted))
    .map((variable) => ({
      variable,
      isOverridden:
        variable.scope === 'project' &&
        list.variables.some((other) => other.key === variable.key && other.scope === 'deployment'),
    }))
    .sort(
      (a, b) => a.variable.key.localeCompare(b.variable.key, 'en') || rank[a.variable.scope] - rank[b.variable.scope],
    );
}

/** A paste that is meant for the page: lines of `KEY=value`. One plain word is a paste into a field. */
export const looksLikeDotenv = (text: string): boolean => /^\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_]*\s*=/m.test(text);
const secretWords = /secret|token|password|passwd|private|credential|api_?key|dsn|database_url/i;
export const looksSecret = (key: string): boolean => secretWords.test(key);
