/** Measures a text as JSON before it is parsed. */

const quoteCode = 34;
const backslash = 92;

/** How many keys a JSON text writes; undefined where it is nested deeper than `depthMax`. Says nothing of its validity. */
export function measureJson(text: string, depthMax: number): { readonly keys: number } | undefined {
  let keys = 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quoteCode) {
      at = endOfString(text, at);
      if (isKey(text, at + 1)) keys += 1;
    } else if (code === 91 || code === 123) {
      depth += 1;
      if (depth > depthMax) return undefined;
    } else if (code === 93 || code === 125) depth -= 1;
  }
  return { keys };
}

/** Index of the quote that closes the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === backslash) at += 1;
    else if (code === quoteCode) return at;
  }
  return text.length;
}

function isKey(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) <= 32) at += 1;
  return text.charCodeAt(at) === 58;
}
