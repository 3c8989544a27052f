/**
 * Every request of the corpus goes to Tulou, and to Node, nginx and HAProxy. Tulou must refuse it and close, or forward
 * exactly what all three read in the same way as Tulou meant it: then there is nothing to smuggle.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RequestCase } from './corpus/request-case.ts';
import { requestCorpus } from './corpus/requests.ts';
import type { Message } from './messages.ts';
import { seenOf } from './recorder.ts';
import { describe, expectedOf, isSentinel, Stage, type Observation } from './stage.ts';

/**
 * Requests that Tulou forwards and a peer refuses as a whole. There is nothing to misread, because the peer reads nothing.
 * The test checks that this stays so.
 */
const narrowerPeers: Readonly<Record<string, readonly string[]>> = {
  // Any token is a method (RFC 9110 §9.1); Node knows a list, nginx capitals.
  'method-lower-case': ['node', 'nginx'],
  'method-mixed-case': ['node', 'nginx'],
  'method-token-marks': ['node', 'nginx'],
  'method-token-quote': ['node', 'nginx'],
  // nginx resolves paths before it proxies.
  'target-dots-above': ['nginx'],
  'target-escaped-dots': ['nginx'],
  'target-escaped-nul': ['nginx'],
  'target-star-options': ['nginx'],
};
/** For these, a peer accepts the first part and refuses the unusual method behind it. */
const stopsAtMethod = new Set(['content-becomes-a-method']);

interface Row {
  readonly category: string;
  readonly cases: number;
  refused: number;
  forwarded: number;
  peersDiffer: number;
}

const grid: Row[] = [];
let stage: Stage;

before(async () => {
  stage = await Stage.open();
});
after(() => stage.close());

test('the corpus holds at least 200 requests, each with a name of its own', () => {
  const names = requestCorpus.flatMap(({ cases }) => cases.map(({ name }) => name));
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 200);
});

for (const { category, cases } of requestCorpus) {
  test(`${category}: each request is refused, or forwarded so that all read it alike`, async () => {
    const row: Row = { category, cases: cases.length, refused: 0, forwarded: 0, peersDiffer: 0 };
    const findings: string[] = [];
    for (const each of cases) {
      const observed = await stage.observe(each.bytes, each.cut);
      const found = [
        ...observed.findings,
        ...verdictFindings(each, observed),
        ...(await readingFindings(each.name, observed.messages)),
      ];
      findings.push(...found.map((finding) => `${each.name} (${each.why}): ${finding}`));
      if (observed.messages.some((message) => !isSentinel(seenOf(message)))) row.forwarded += 1;
      else row.refused += 1;
      if (await peersDiffer(each)) row.peersDiffer += 1;
    }
    grid.push(row);
    assert.deepEqual(findings, []);
  });
}

test('the three readers distinguish an ambiguous message from a clear one', async () => {
  const message = (bytes: string, body: string): Message => ({
    startLine: 'POST /x HTTP/1.1',
    fields: [],
    body,
    raw: bytes,
  });
  const clear = message('POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello', 'hello');
  assert.deepEqual(await readingFindings('clear', [clear]), []);
  const lengths = 'Content-Length: 5\r\nTransfer-Encoding: chunked';
  const both = message(`POST /x HTTP/1.1\r\nHost: h\r\n${lengths}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, 'hello');
  assert.notDeepEqual(await readingFindings('both', [both]), []);
});

test('the grid', (t) => {
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((cell, index) => (index === 0 ? String(cell).padEnd(18) : String(cell).padStart(13))).join('');
  t.diagnostic(line(['requests', 'cases', 'refused', 'forwarded', 'peers differ']));
  for (const { category, cases, refused, forwarded, peersDiffer } of grid) {
    t.diagnostic(line([category, cases, refused, forwarded, peersDiffer]));
  }
  const sum = (of: (row: Row) => number): number => grid.reduce((total, row) => total + of(row), 0);
  t.diagnostic(
    line(['all', sum((r) => r.cases), sum((r) => r.refused), sum((r) => r.forwarded), sum((r) => r.peersDiffer)]),
  );
  assert.equal(grid.length, requestCorpus.length);
});

function verdictFindings({ verdict, complete, cut }: RequestCase, { messages, statuses }: Observation): string[] {
  if (verdict === 'either') return [];
  const whole = messages.map(seenOf).filter((seen) => !isSentinel(seen)).length;
  const found = whole === complete ? [] : [`${whole} requests reached the back end, not ${complete}`];
  if (verdict === 'forwarded') return found;
  if (messages.length > whole) found.push('the next request on the connection was served');
  const isCutShort = cut && statuses.length === complete;
  if (!isCutShort && (statuses.at(-1) ?? 0) < 400) found.push(`no refusal: ${statuses.join(' ')}`);
  return found;
}

/** The forwarded octets once more, to each of the three: all must read the same, and the sentinel behind it. */
async function readingFindings(name: string, messages: readonly Message[]): Promise<string[]> {
  if (messages.length === 0) return [];
  const expected = expectedOf(messages);
  const readings = await stage.readForwarded(messages.map(({ raw }) => raw).join(''));
  return readings.flatMap(({ peer, seen }) => {
    if (narrowerPeers[name]?.includes(peer)) return seen.length === 0 ? [] : [`${peer} was expected to refuse it`];
    const whole = stopsAtMethod.has(name) && seen.length > 0 ? expected.slice(0, seen.length) : expected;
    const same = JSON.stringify(seen) === JSON.stringify(whole);
    return same ? [] : [`${peer} reads what was forwarded as ${describe(seen)}, not ${describe(expected)}`];
  });
}

async function peersDiffer({ bytes, cut }: RequestCase): Promise<boolean> {
  const readings = await stage.readOriginal(bytes, cut);
  return new Set(readings.map(({ seen }) => JSON.stringify(seen))).size > 1;
}
