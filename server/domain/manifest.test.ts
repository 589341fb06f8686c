import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemLine, readManifest } from '#server/domain/manifest.ts';
import { mergeSettings } from '#server/domain/settings.ts';

const problems = (text: string): string[] => {
  const result = readManifest(text);
  return result.kind === 'wrong' ? result.problems.map(problemLine) : [];
};
const documentation = readFileSync(path.resolve('docs/slipway-yaml.md'), 'utf8');

describe('slipway.yaml', () => {
  it('is read as it is documented, and every part is a valid setting', () => {
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(documentation) ?? [];
    const result = readManifest(example);
    if (result.kind === 'wrong') throw new Error(result.problems.map(problemLine).join('\n'));
    expect(result.components.map(({ name, kind }) => [name, kind])).toEqual([
      ['web', 'web'],
      ['worker', 'worker'],
      ['site', 'static'],
    ]);
    const [web, worker] = result.components;
    expect(web).toMatchObject({
      line: 4,
      variables: ['DATABASE_URL'],
      settings: { run: { port: 3000 }, instances: 2 },
    });
    expect(mergeSettings(web?.settings ?? {}).hook).toEqual({ postdeploy: 'npm run migrate', firstDeploy: 'npm run seed', repeatable: false }); // prettier-ignore
    expect(worker?.settings).toMatchObject({ rootDirectory: 'apps/worker', run: { processType: 'worker' } });
    for (const component of result.components) expect(() => mergeSettings(component.settings)).not.toThrow();
  });

  it('documents every setting that the file may have', () => {
    for (const key of ['build', 'run', 'hook', 'size', 'instances', 'handOver', 'readiness', 'route', 'rootDirectory'])
      expect(documentation).toMatch(new RegExp(`^ {4}${key}:`, 'm'));
  });

  it('documents the defaults of readiness as they are', () => {
    const { http, ...seconds } = mergeSettings({}).readiness;
    expect(http).toBeNull();
    for (const [key, value] of Object.entries(seconds))
      expect(documentation).toMatch(new RegExp(`\\| \`readiness\\.${key}\` +\\| ${String(value)} `));
  });

  it.each([
    ['a comma that is missing', 'components:\n  web: { kind: web run: 1 }\n', 'slipway.yaml:2:'],
    ['a tab for indentation', 'components:\n\tweb:\n', 'slipway.yaml:2:1: '],
    ['a key twice', 'components:\n  web:\n    kind: web\n    kind: tcp\n', 'slipway.yaml:4:5: Map keys must be unique.'],
    ['another version', 'version: 2\ncomponents:\n  web:\n    kind: web\n', 'slipway.yaml:1:10: The version of this format is 1.'],
    ['no components', 'version: 1\n', 'slipway.yaml:1:1: List the components by name.'],
    ['nothing at all', '# later\n', 'slipway.yaml:1:1: The file is empty: add `components:`.'],
    ['a component without a kind', 'components:\n  web:\n    instances: 1\n', 'slipway.yaml:3:5: kind: One of web, tcp, worker'],
    ['a kind that is none', 'components:\n  web:\n    kind: app\n', 'slipway.yaml:3:11: kind: One of web, tcp'],
    ['an unknown key of a component', 'components:\n  web:\n    kind: web\n    prot: 3000\n', 'slipway.yaml:4:5: There is no “prot” here. Known: kind,'],
    ['an unknown key of a group', 'components:\n  web:\n    kind: web\n    run:\n      prot: 3000\n', 'slipway.yaml:5:7: There is no “prot” here.'],
    ['a value out of bounds', 'components:\n  web:\n    kind: web\n    run:\n      port: 70000\n', 'slipway.yaml:5:13: run.port: From 1 to 65535.'],
    ['a text for a number', 'components:\n  web:\n    kind: web\n    instances: two\n', 'slipway.yaml:4:16: instances: A number.'],
    ['a path out of the repository', 'components:\n  web:\n    kind: web\n    rootDirectory: ../etc\n', 'slipway.yaml:4:20: rootDirectory: No .. in the path.'],
    ['a name that is no host label', 'components:\n  Web_1:\n    kind: web\n', 'slipway.yaml:2:3: “Web_1” cannot be the name'],
    ['a branch', 'components:\n  web:\n    kind: web\n    ref: { kind: branch, name: main }\n', 'slipway.yaml:4:5: The branch is chosen in the project'],
    ['two documents', 'components: {}\n---\ncomponents: {}\n', 'slipway.yaml:2:1: Source contains multiple documents'],
    ['a tag that runs code elsewhere', 'components: !!js/function "x"\n', 'slipway.yaml:1:13: Unresolved tag'],
  ])('says where %s is', (_what, text, expected) => {
    expect(problems(text).join('\n')).toContain(expected);
  }); // prettier-ignore

  it('tells every problem, in the order of the file', () => {
    const text = 'components:\n  web:\n    kind: web\n    run: { port: 0 }\n  api:\n    kind: x\n    oops: 1\n';
    expect(problems(text).map((line) => line.split(':').slice(1, 3).join(':'))).toEqual(['4:18', '6:11', '7:5']);
  });

  it('shares settings by anchors, and says where the anchor has the mistake', () => {
    const good = 'components:\n  web: &base\n    kind: web\n    instances: 3\n  api: *base\n';
    expect(readManifest(good)).toMatchObject({
      components: [{ name: 'web' }, { name: 'api', settings: { instances: 3 } }],
    });
    expect(problems(good.replace('3', '99'))).toEqual(
      ['slipway.yaml:4:16: instances: From 0 to 10.', 'slipway.yaml:4:16: instances: From 0 to 10.'], // prettier-ignore
    );
  });

  it('refuses what would grow: anchors of anchors, deep nesting, large files', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefgh'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index] ?? ''}`).join(',')}]`)].join('\n'); // prettier-ignore
    expect(problems(`${bomb}\ncomponents: {}\n`)).toHaveLength(1);
    expect(problems('['.repeat(50_000))).toHaveLength(1);
    expect(problems(`# ${'x'.repeat(70_000)}\n`)).toEqual(['slipway.yaml:1:1: The file is larger than 64 KiB.']);
    expect(problems('components:\n  __proto__:\n    kind: web\n')).toHaveLength(1);
  });
});
