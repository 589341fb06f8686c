import { describe, expect, test } from 'vitest';
import { effectiveVariables, resolveVariables } from '#server/domain/variables.ts';

const row = (key: string, scope: 'project' | 'deployment' | 'component', use: 'build' | 'run' | 'both' = 'run') => ({
  key,
  scope,
  use,
});
const scope = (component: string, values: Record<string, string>, platform: Record<string, string> = {}) => ({
  component,
  variables: Object.entries(values).map(([key, value]) => ({ key, value, version: `var_${component}_${key}` })),
  platform,
});
const valuesOf = (scopes: Parameters<typeof resolveVariables>[0], component: string) =>
  resolveVariables(scopes).environments.get(component)?.values;

describe('precedence', () => {
  test('component wins over deployment, deployment over project, in any order of the rows', () => {
    const rows = [
      row('A', 'component'),
      row('A', 'project'),
      row('A', 'deployment'),
      row('B', 'deployment'),
      row('B', 'project'),
    ];
    expect(effectiveVariables(rows, 'run').map((one) => `${one.key} ${one.scope}`)).toEqual([
      'A component',
      'B deployment',
    ]);
  });
  test('a value for the build is not seen at run time', () => {
    const rows = [row('A', 'project', 'build'), row('B', 'project', 'both'), row('C', 'project')];
    expect(effectiveVariables(rows, 'build').map((one) => one.key)).toEqual(['A', 'B']);
    expect(effectiveVariables(rows, 'run').map((one) => one.key)).toEqual(['B', 'C']);
  });
  test('the platform wins over everybody', () => {
    expect(valuesOf([scope('web', { PORT: '1' }, { PORT: '3000' })], 'web')).toEqual({ PORT: '3000' });
  });
});

describe('references', () => {
  test('name a variable of another component, through several steps', () => {
    const scopes = [
      scope('web', { URL: 'postgres://${db.USER}@db/${db.NAME}' }),
      scope('db', { USER: 'shop', NAME: '${config.NAME}' }),
      scope('config', { NAME: 'prod' }),
    ];
    expect(valuesOf(scopes, 'web')).toEqual({ URL: 'postgres://shop@db/prod' });
  });
  test('make a value of all versions that are in it, so that a change anywhere is a change', () => {
    const scopes = [scope('web', { URL: '${db.USER}' }), scope('db', { USER: 'shop' })];
    expect(resolveVariables(scopes).environments.get('web')?.uses).toEqual({ URL: ['var_web_URL', 'var_db_USER'] });
  });
  test('in a circle are a problem that names the way', () => {
    const { problems } = resolveVariables([scope('a', { X: '${b.Y}' }), scope('b', { Y: '${a.X}' })]);
    expect(problems[0]?.code).toBe('cycle');
    expect(problems[0]?.message).toContain('a.X → b.Y → a.X');
  });
  test('to what is not there are a problem with the name', () => {
    const { problems } = resolveVariables([scope('a', { X: '${b.Y}', Z: '${a.W}' })]);
    expect(problems.map((one) => one.code)).toEqual(['unknown_component', 'unknown_variable']);
  });
  test('are written literally with $$, and everything else stays as it is, byte by byte', () => {
    const text = '$${a.X} ${HOME} $(id) ${A.B} ${x} \n"é" $';
    expect(valuesOf([scope('a', { V: text })], 'a')).toEqual({ V: text.replace('$${', '${') });
  });
  test('are not looked for in what the platform sets', () => {
    expect(valuesOf([scope('a', {}, { RELEASE: '${b.X}' })], 'a')).toEqual({ RELEASE: '${b.X}' });
  });
});
