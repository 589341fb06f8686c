/** Reading a request's JSON body within limits, before anything parses it. */

export const maxBodyBytes = 1024 * 1024;
/** Deeper than any input of ours; deep nesting costs recursion later. */
const maxDepth = 64;

/** The body's text, or the status to refuse it with. */
export async function readLimitedBody(request: Request): Promise<string | { refused: 400 | 413 | 415 }> {
  if (!request.headers.get('content-type')?.toLowerCase().startsWith('application/json')) return { refused: 415 };
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) return { refused: 413 };
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    size += part.value.byteLength;
    if (size > maxBodyBytes) {
      await reader?.cancel();
      return { refused: 413 };
    }
    chunks.push(part.value);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  return nestingDepth(text) > maxDepth ? { refused: 400 } : text;
}

/** Greatest nesting of arrays and objects in a JSON text; brackets inside of strings do not count. */
export function nestingDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isString = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (isString) {
      if (char === '\\') i += 1;
      else if (char === '"') isString = false;
    } else if (char === '"') isString = true;
    else if (char === '{' || char === '[') deepest = Math.max(deepest, (depth += 1));
    else if (char === '}' || char === ']') depth -= 1;
  }
  return deepest;
}
