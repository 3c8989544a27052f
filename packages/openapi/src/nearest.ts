/** "Did you mean …": the nearest of some words, for messages about a word that is not known. */

const wordCharactersMax = 64;
const candidatesMax = 2000;

/** ` Did you mean \`x\`?` where one of `candidates` is close to `word`, else an empty text. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = nearest(word, candidates);
  return found === undefined ? '' : ` Did you mean \`${found}\`?`;
}

/** The candidate with the fewest typing errors, if that is at most a third of the word. Letter case counts little. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > wordCharactersMax) return undefined;
  let best: string | undefined;
  let bestCost = Math.max(1, Math.floor(word.length / 3)) + 0.5;
  let seen = 0;
  for (const candidate of candidates) {
    seen += 1;
    if (seen > candidatesMax) break;
    if (Math.abs(candidate.length - word.length) >= bestCost) continue;
    const cost = distance(word.toLowerCase(), candidate.toLowerCase()) + (candidate === word ? 0 : 0.1);
    if (cost < bestCost) [best, bestCost] = [candidate, cost];
  }
  return best;
}

/** Edits between two words, where swapping two neighbours is one edit (optimal string alignment). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a.charCodeAt(i - 1) === b.charCodeAt(j - 1) ? 0 : 1;
      let cost = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    [before, previous] = [previous, row];
  }
  return previous[b.length] ?? 0;
}
