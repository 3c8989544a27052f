/**
 * Reads the configuration's files as a chain. If a base is damaged, its copies are used, then the base before it and the logs
 * since. If a log is damaged, its copy is used. Nothing after a gap is used. The caller learns whether the chain reaches the
 * last stored answer: if it does not, a revoked key could be in force again.
 */
import type { SnapshotChange, SnapshotHead } from '@tulou/contract';
import type { Log } from '../../kernel/log.ts';
import { setAside } from '../set-aside.ts';
import { chained, readAnswers, type Answer, type DiskLine, type Ending } from './disk-lines.ts';
import { isMarkedBehind, readEndMark, type End } from './end-mark.ts';
import { baseKinds, logKinds, type FileKind, type SnapshotFolder } from './folder.ts';

/** One answer from the disk, in the same form as from control. */
export type Take = (head: SnapshotHead, changes: readonly SnapshotChange[]) => void;

/**
 * The content of the files. `complete`: everything that was stored. `base`: the number of the base that was used. `kept`: the
 * number of stored answers, according to any file.
 */
export interface Loaded {
  readonly found: boolean;
  readonly complete: boolean;
  readonly base: number;
  readonly end: End | undefined;
  readonly kept: number;
}

/** Answers that follow an end, read from one file. */
interface Followed {
  readonly answers: readonly Answer[];
  readonly end: End;
  readonly ending: Ending | 'unlinked';
}

export function loadChain(folder: SnapshotFolder, take: Take, log: Log): Loaded {
  const marked = readEndMark(folder, log);
  const behind = isMarkedBehind(folder);
  const chain = new Chain(folder, log);
  const base = chain.findBase();
  const kept = marked?.kept ?? 0;
  if (base === undefined) return { found: false, complete: false, base: 0, end: undefined, kept };
  give(base.answer, take);
  const end = chain.follow(base.number, endOf(base.answer), take);
  // Files of 0.1.0 have no mark. Other files without a mark may have lost their end with it.
  const reaches = marked === undefined ? end.digest === '' && !chain.doubt : end.kept >= marked.kept;
  return { found: true, complete: reaches && !behind, base: base.number, end, kept: Math.max(kept, end.kept) };
}

/** The state up to log `until`, from the newest base; undefined if the files are inconsistent. */
export function readState(folder: SnapshotFolder, base: number, until: number, take: Take): End | undefined {
  const answer = baseKinds.map((kind) => wholeBase(folder, kind, base)).find((found) => typeof found !== 'string');
  if (answer === undefined || typeof answer === 'string') return undefined;
  give(answer, take);
  let end = endOf(answer);
  for (const number of folder.numbers(...logKinds)) {
    if (number < base || number > until) continue;
    const followed = best(folder, number, end);
    for (const each of followed.answers) give(each, take);
    end = followed.end;
  }
  return end;
}

class Chain {
  /** Whether a file that cannot be read may hold later answers. */
  doubt = false;
  readonly #folder: SnapshotFolder;
  readonly #log: Log;

  constructor(folder: SnapshotFolder, log: Log) {
    this.#folder = folder;
    this.#log = log;
  }

  findBase(): { number: number; answer: Answer } | undefined {
    for (const number of this.#folder.numbers(...baseKinds).toReversed()) {
      for (const kind of baseKinds) {
        const found = wholeBase(this.#folder, kind, number);
        if (typeof found !== 'string') return { number, answer: found };
        if (found !== 'missing') this.#putAside(kind, number, found);
      }
      this.doubt = true;
    }
    return undefined;
  }

  /** All logs from `base` on, while each follows the one before. */
  follow(base: number, from: End, take: Take): End {
    let end = from;
    const numbers = this.#folder.numbers(...logKinds).filter((number) => number >= base);
    for (const number of numbers) {
      const followed = best(this.#folder, number, end);
      for (const answer of followed.answers) give(answer, take);
      end = followed.end;
      const isLast = number === numbers.at(-1);
      if (followed.ending === 'whole' || (followed.ending === 'torn' && (isLast || end.digest !== ''))) continue;
      this.doubt = true;
      this.#log.error(
        { log: number, ending: followed.ending, sequence: end.seq },
        'the log of the configuration has a gap: nothing after it is used, and control is asked for everything',
      );
      if (followed.ending === 'newer') for (const kind of logKinds) this.#putAside(kind, number, 'newer');
      break;
    }
    return end;
  }

  #putAside(kind: FileKind, number: number, reason: string): void {
    const path = this.#folder.file(kind, number);
    const why = reason === 'newer' ? 'a newer Tulou has written it' : `it is ${reason}`;
    setAside(path, why, 'another copy of the configuration is used', this.#log);
  }
}

/** The one answer of a base; a text says why it cannot be used. */
function wholeBase(folder: SnapshotFolder, kind: FileKind, number: number): Answer | Ending | 'missing' | 'misplaced' {
  if (!folder.numbers(kind).includes(number)) return 'missing';
  const answers = readAnswers(folder.file(kind, number));
  const first = answers.next();
  if (first.done === true) return first.value === 'whole' ? 'damaged' : first.value;
  const { commit, sum } = first.value;
  const rest = answers.next();
  if (rest.done !== true) return 'damaged';
  if (rest.value !== 'whole' && commit.format > 1) return rest.value;
  if (!commit.full) return 'misplaced';
  if (commit.format > 1 && commit.number !== number) return 'misplaced';
  return commit.format > 1 && commit.sum !== sum ? 'damaged' : first.value;
}

/** Returns a log or its copy: the one that reaches further; if both reach equally far, the one with the better end. */
function best(folder: SnapshotFolder, number: number, end: End): Followed {
  const first = follow(folder.file('log', number), end);
  const isTwin = folder.size('log', number) === folder.size('copy-log', number);
  if (first.ending === 'whole' && isTwin) return first;
  const second = follow(folder.file('copy-log', number), end);
  if (second.end.kept !== first.end.kept) return second.end.kept > first.end.kept ? second : first;
  return rank(second) < rank(first) ? second : first;
}

const rank = ({ ending }: Followed): number => (ending === 'whole' ? 0 : ending === 'torn' ? 1 : 2);

function follow(path: string, from: End): Followed {
  const answers: Answer[] = [];
  let end = from;
  for (const reading = readAnswers(path); ;) {
    const next = reading.next();
    if (next.done === true) return { answers, end, ending: next.value };
    if (!links(next.value, end)) return { answers, end, ending: 'unlinked' };
    answers.push(next.value);
    end = endOf(next.value);
  }
}

/** Whether an answer of a log follows an end. Answers of 0.1.0 do not name their predecessor, but never go back. */
function links({ commit, sum }: Answer, end: End): boolean {
  if (commit.full) return false;
  if (commit.format === 1) return end.digest === '' && commit.epoch === end.epoch && commit.seq >= end.seq;
  if (end.digest === '' || commit.after !== end.digest || commit.kept !== end.kept + 1) return false;
  return commit.digest === chained(commit.after, sum, commit);
}

const endOf = ({ commit: { epoch, seq, kept, digest } }: Answer): End => ({ epoch, seq, kept, digest });

function give(
  { commit: { epoch, seq, full }, lines }: { commit: Answer['commit']; lines: readonly DiskLine[] },
  take: Take,
): void {
  take({ epoch, seq, full, count: lines.length }, lines);
}
