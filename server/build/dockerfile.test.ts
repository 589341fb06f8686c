import { describe, expect, it } from 'vitest';
import { prepareDockerfile } from '#server/build/dockerfile.ts';

const old = { modern: false };
const textOf = (text: string): string => {
  const prepared = prepareDockerfile(text, old);
  return prepared.kind === 'ready' ? prepared.text : `refused: ${prepared.message}`;
};

describe('a Dockerfile before its build', () => {
  it('loses the frontend of its own choice and keeps its line numbers and other directives', () => {
    expect(textOf('# syntax=evil/frontend\nFROM a\n')).toBe('#\nFROM a\n');
    expect(textOf('\uFEFF#syntax = x\r\n# escape=`\r\nFROM a')).toBe('# escape=`\n#\nFROM a');
    expect(textOf('# syntax=one\n# Syntax=two\nFROM a')).toBe('#\n#\nFROM a');
  });

  it('keeps a comment that only looks like a directive', () => {
    const text = '# A comment.\n# syntax=not/one\nFROM a';
    expect(textOf(text)).toBe(text);
  });

  it.each([
    ['RUN <<EOF\necho hi\nEOF', 'RUN <<', 2],
    ['COPY <<-"END" /file\n\tx\n\tEND', 'COPY <<', 2],
    ['RUN true\nCOPY --link . .', 'COPY --link', 3],
    ['RUN --network=none true', 'RUN --network', 2],
    ['COPY --parents a b /', 'COPY --parents', 2],
    ['ADD https://example.org/a.git /a', 'ADD from a Git repository', 2],
    ['RUN \\\n  --security=sandbox true', 'RUN --security', 2],
  ])('names what the old frontend does not know: %j', (body, feature, line) => {
    const prepared = prepareDockerfile(`FROM a\n${body}\n`, old);
    expect(prepared).toMatchObject({ kind: 'refused' });
    if (prepared.kind === 'refused') expect(prepared.message).toContain(`"${feature}" (line ${String(line)})`);
    expect(prepareDockerfile(`FROM a\n${body}\n`, { modern: true }).kind).toBe('ready');
  });

  it.each([
    'RUN echo $((1 << n))',
    'RUN cat <<< text',
    'RUN echo "a <<EOF b"',
    'RUN --mount=type=cache,target=/root/.npm npm ci',
    'COPY --from=build --chown=1:1 --chmod=755 /a /b',
    'ADD https://example.org/a.tar.gz /a',
    'RUN npm run build -- --link',
    '# COPY --link a b',
  ])('builds what it knows: %s', (line) => {
    expect(textOf(`FROM a\n${line}\n`)).toBe(`FROM a\n${line}\n`);
  });

  it.each(['RUN --security=insecure true', 'RUN --network=host true', 'ONBUILD RUN --network=HOST true'])(
    'never builds %s',
    (line) => {
      expect(prepareDockerfile(`FROM a\n${line}\n`, { modern: true }).kind).toBe('refused');
    },
  );
});
