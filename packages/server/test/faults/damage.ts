/** Seeded damage to the files of a folder, as disks, file systems and people cause it. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of this test, in memory if the system has that: the thousands of syncs are not under test. */
export function quickFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tulou-damage-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The files of a folder by their paths in it. */
export type Contents = ReadonlyMap<string, Buffer>;

export function readContents(folder: string, leaveOut: (path: string) => boolean = () => false): Contents {
  const contents = new Map<string, Buffer>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const whole = join(folder, path);
    if (statSync(whole).isFile() && !leaveOut(path)) contents.set(path, readFileSync(whole));
  }
  return contents;
}

export function writeContents(folder: string, contents: Contents): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [path, bytes] of contents) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Damage = (bytes: Buffer, chance: () => number) => Buffer | undefined;

const below = (chance: () => number, bound: number): number => Math.floor(chance() * bound);

const damages: Readonly<Record<string, Damage>> = {
  flip(bytes, chance) {
    const copy = Buffer.from(bytes);
    for (let n = 1 + below(chance, 3); n > 0 && copy.length > 0; n -= 1) {
      const at = below(chance, copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << below(chance, 8));
    }
    return copy;
  },
  cut: (bytes, chance) => bytes.subarray(0, below(chance, bytes.length)),
  cutAtLine(bytes, chance) {
    const end = bytes.lastIndexOf(10, below(chance, bytes.length));
    return bytes.subarray(0, end + 1);
  },
  empty: () => Buffer.alloc(0),
  remove: () => undefined,
  zeros(bytes, chance) {
    const from = below(chance, bytes.length);
    return Buffer.from(bytes).fill(0, from, Math.min(bytes.length, from + 1 + below(chance, 512)));
  },
  rubbish: (_bytes, chance) => Buffer.from(Array.from({ length: 1 + below(chance, 200) }, () => below(chance, 256))),
  more: (bytes, chance) => Buffer.concat([bytes, bytes.subarray(0, below(chance, bytes.length))]),
};

/** Damages one to three files. Returns the contents, and a description of the damage. */
export function damaged(contents: Contents, chance: () => number): { contents: Contents; words: string } {
  const after = new Map(contents);
  const paths = [...contents.keys()];
  const words: string[] = [];
  const anyPath = (): string => paths[below(chance, paths.length)] ?? '';
  for (let n = 1 + below(chance, 3); n > 0; n -= 1) {
    const path = anyPath();
    const bytes = after.get(path) ?? Buffer.alloc(0);
    if (chance() < 0.2) {
      const other = anyPath();
      words.push(`swap ${path} ${other}`);
      after.set(path, after.get(other) ?? Buffer.alloc(0)).set(other, bytes);
      continue;
    }
    const names = Object.keys(damages);
    const name = names[below(chance, names.length)] ?? '';
    words.push(`${name} ${path}`);
    const left = damages[name]?.(bytes, chance);
    if (left === undefined) after.delete(path);
    else after.set(path, left);
  }
  return { contents: after, words: words.join(', ') };
}
