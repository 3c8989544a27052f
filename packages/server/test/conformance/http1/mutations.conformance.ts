/**
 * Requests outside of the corpus: those of the corpus, spliced, repeated, cut and mixed with octets that confuse parsers,
 * from a seed. Node, nginx and HAProxy must read every request that Tulou forwards as the engine meant it, as far as they
 * accept it. `TULOU_FUZZ_SEED` and `TULOU_FUZZ_RUNS` select other and longer runs.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { requestCorpus } from './corpus/requests.ts';
import { seenOf } from './recorder.ts';
import { describe, expectedOf, isSentinel, Stage } from './stage.ts';

const seed = Number(process.env['TULOU_FUZZ_SEED'] ?? 1);
const runs = Number(process.env['TULOU_FUZZ_RUNS'] ?? 4000);
const bytesMax = 4000;

/** Valid requests occur several times: most mutations break a request, and an early refusal shows little. */
const bases = requestCorpus
  .flatMap(({ cases }) => cases)
  .filter(({ bytes, cut }) => bytes.length < bytesMax && !cut)
  .flatMap(({ bytes, verdict }) => (verdict === 'forwarded' ? Array.from({ length: 8 }, () => bytes) : [bytes]));

const sprinkles = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\n\n',
    ' ',
    '\t',
    '\x00',
    '\x0b',
    '\x7f',
    '\x85',
    '\xa0',
    ':',
    ';',
    ',',
    '"',
    '/',
    '0',
    '1',
    'a',
  ],
  ...[
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Content-Length: 0\r\n',
    'Host: h\r\n',
    'Connection: close\r\n',
  ],
  ...[
    '0\r\n\r\n',
    '5\r\nhello\r\n',
    'GET /y HTTP/1.1\r\nHost: h\r\n\r\n',
    ' HTTP/1.1',
    'Expect: 100-continue\r\n',
    '\r\n ',
    'chunked',
  ],
];

type Random = (below: number) => number;

/** Mulberry32: the same numbers for the same seed everywhere. */
function seeded(start: number): Random {
  let state = start | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const insert = (text: string, at: number, piece: string): string => text.slice(0, at) + piece + text.slice(at);

const mutations: readonly ((text: string, random: Random) => string)[] = [
  (text, random) => insert(text, random(text.length + 1), sprinkles[random(sprinkles.length)] ?? ''),
  (text, random) => insert(text, random(text.length + 1), sprinkles[random(sprinkles.length)] ?? ''),
  (text, random) => {
    const at = random(text.length + 1);
    return text.slice(0, at) + text.slice(at + 1 + random(4));
  },
  (text, random) => {
    const lines = text.split('\r\n');
    const at = random(lines.length);
    return lines.toSpliced(random(lines.length + 1), 0, lines[at] ?? '').join('\r\n');
  },
  (text, random) => {
    const lines = text.split('\r\n');
    return lines.toSpliced(random(lines.length), 1).join('\r\n');
  },
  (text, random) => text + (bases[random(bases.length)] ?? ''),
  (text, random) => {
    const other = bases[random(bases.length)] ?? '';
    return text.slice(0, random(text.length + 1)) + other.slice(random(other.length + 1));
  },
  (text, random) => {
    const at = random(text.length + 1);
    return text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1);
  },
];

function mutant(random: Random): string {
  let text = bases[random(bases.length)] ?? '';
  for (let count = 1 + random(2); count > 0; count -= 1)
    text = mutations[random(mutations.length)]?.(text, random) ?? text;
  return text.slice(0, bytesMax);
}

let stage: Stage;

before(async () => {
  stage = await Stage.open({ headTimeoutMs: 100, bodyTimeoutMs: 100, keepAliveMs: 100 });
});
after(() => stage.close());

test('no mutant is forwarded in a way that another reader takes differently', async (t) => {
  const random = seeded(seed);
  const findings: string[] = [];
  let forwarded = 0;
  for (let run = 0; run < runs; run += 1) {
    const bytes = mutant(random);
    const found = await judge(bytes);
    if (found.forwarded) forwarded += 1;
    findings.push(...found.findings.map((finding) => `run ${run}: ${finding}\n${JSON.stringify(bytes)}`));
  }
  t.diagnostic(`seed ${seed}: ${runs} mutants, ${forwarded} led to a forwarded request`);
  assert.deepEqual(findings, []);
  assert.ok(forwarded > 0 && forwarded < runs, 'mutants must be of both kinds, or they show nothing');
});

async function judge(bytes: string): Promise<{ forwarded: boolean; findings: string[] }> {
  const { messages, findings } = await stage.observe(bytes, false);
  const forwarded = messages.some((message) => !isSentinel(seenOf(message)));
  if (messages.length === 0) return { forwarded, findings: [...findings] };
  const expected = expectedOf(messages);
  const readings = await stage.readForwarded(messages.map(({ raw }) => raw).join(''));
  // A reader may know fewer methods or paths than exist, and stop. It may not read anything else than the engine meant.
  const misread = readings.filter(
    ({ seen }) => JSON.stringify(seen) !== JSON.stringify(expected.slice(0, seen.length)),
  );
  const said = misread.map(({ peer, seen }) => `${peer} reads ${describe(seen)}, not ${describe(expected)}`);
  return { forwarded, findings: [...findings, ...said] };
}
