/**
 * Reads along with a push: which refs the client wants to change. git itself accepts or refuses them; we explain. The
 * client's part begins with packets of `<old> <new> <ref>`, ended by an empty one. Pure.
 */
const mostBytes = 256 * 1024;

export class PushReader {
  readonly refs: string[] = [];
  isShallow = false;
  #pending: Buffer = Buffer.alloc(0);
  #isDone = false;

  push(chunk: Buffer): void {
    if (this.#isDone) return;
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (!this.#isDone && this.#pending.length >= 4) {
      const length = Number.parseInt(this.#pending.toString('latin1', 0, 4), 16);
      if (!Number.isInteger(length) || (length > 0 && length < 4) || length === 0) return this.#finish();
      if (this.#pending.length < length) break;
      this.#line(this.#pending.toString('utf8', 4, length));
      this.#pending = this.#pending.subarray(length);
    }
    if (this.#pending.length > mostBytes) this.#finish();
  }
  #line(text: string): void {
    if (text.startsWith('shallow ')) this.isShallow = true;
    const ref = /^[0-9a-f]{40,64} [0-9a-f]{40,64} ([^\0\n]+)/.exec(text)?.[1];
    if (ref !== undefined) this.refs.push(ref);
  }
  #finish(): void {
    this.#isDone = true;
    this.#pending = Buffer.alloc(0);
  }
}

/** Sentences about what was refused, and why. */
export function explainPush({ refs, isShallow }: Pick<PushReader, 'refs' | 'isShallow'>): string[] {
  const said: string[] = [];
  if (isShallow)
    said.push('A push from a shallow clone is not taken: run `git fetch --unshallow` first, then push again.');
  if (refs.some((ref) => ref.startsWith('refs/tags/')))
    said.push('Git tags are not kept here. Push the branch; name a release with a tag in the dashboard.');
  if (refs.some((ref) => !/^refs\/(?:heads|tags)\//.test(ref))) said.push('Only branches (refs/heads/…) are taken.');
  return said;
}
