import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { refName } from '#server/domain/settings.ts';
import { AppError } from '#server/errors.ts';
import { isPublicAddress } from '#server/source/addresses.ts';
import { formatGitUrl, parseGitUrl } from '#server/source/url.ts';

/** Part D of the attack list, as data. */
const attacks = z
  .object({
    refusedUrls: z.array(z.object({ id: z.string(), url: z.string() })),
    allowedUrls: z.array(z.object({ url: z.string(), stored: z.string() })),
    refusedRefs: z.array(z.object({ id: z.string(), ref: z.string() })),
    allowedRefs: z.array(z.object({ id: z.string(), ref: z.string() })),
  })
  .parse(JSON.parse(readFileSync('e2e/attacks/git.json', 'utf8')));

const nothing: ReadonlySet<string> = new Set();
const errorOf = (url: string, allowed = nothing): unknown => {
  try {
    return formatGitUrl(parseGitUrl(url, allowed));
  } catch (error) {
    return error;
  }
};

describe('a Git URL', () => {
  it.each(attacks.refusedUrls)('$id is refused without repeating it: $url', ({ url }) => {
    const error = errorOf(url);
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: 'bad_input', field: 'url' });
    if (error instanceof AppError && url.length > 8) expect(error.message).not.toContain(url);
  });

  it.each(attacks.allowedUrls)('is stored in one spelling: $url', ({ url, stored }) => {
    expect(errorOf(url)).toBe(stored);
    expect(errorOf(stored)).toBe(stored);
  });

  it('may name a private host, and use plain http, only where the operator allows exactly that host', () => {
    const allowed = new Set(['git.lan', '10.0.0.7:3000']);
    for (const url of ['http://git.lan/a/b', 'https://git.lan:8443/a/b', 'http://10.0.0.7:3000/a'])
      expect(errorOf(url, allowed)).toBe(url);
    for (const url of [
      'http://10.0.0.7/a',
      'http://x.git.lan/a',
      'http://git.lan.evil.com/a',
      'http://10.0.0.8:3000/a',
    ])
      expect(errorOf(url, allowed)).toBeInstanceOf(AppError);
  });

  it('is judged in under 10 ms, however it is built', () => {
    for (const part of ['a', '.', '/', '@', ':', 'a.', '%20', '[', '-']) {
      const start = performance.now();
      errorOf(`https://${part.repeat(50_000)}`);
      errorOf(part.repeat(490));
      expect(performance.now() - start).toBeLessThan(10);
    }
  });
});

describe('a ref name', () => {
  it.each(attacks.refusedRefs)('$id is refused: $ref', ({ ref }) => {
    expect(refName.safeParse(ref).success).toBe(false);
  });
  it.each(attacks.allowedRefs)('$id is accepted: $ref', ({ ref }) => {
    expect(refName.safeParse(ref).success).toBe(true);
  });
});

describe('an address', () => {
  it.each(['1.1.1.1', '140.82.121.4', '2606:4700::1111', '2a00:1450::1'])('is public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
  it.each([
    '127.0.0.1', '10.1.2.3', '169.254.169.254', '::1', '::', '::ffff:8.8.8.8', '::ffff:10.0.0.1', 'fd00:ec2::254', 'fe80::1', '64:ff9b::808:808',
    '2002:a00:1::', '2001::1', '2001:db8::1', '100.100.100.200', 'not an address', '',
  ])('is not public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  }); // prettier-ignore
});
