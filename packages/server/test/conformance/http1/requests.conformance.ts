/**
 * Every request of the corpus goes to Tulou, and to Node, nginx and HAProxy. Tulou must refuse it and close, or forward
 * exactly what all three read in the same way as Tulou meant it: then there is nothing to smuggle.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RequestCase } from './corpus/request-case.ts';
import { requestCorpus } from './corpus/requests.ts';
import { frameResponses, statusOf, type Message } from './messages.ts';
import { startPeers, type Peer } from './peers.ts';
import { Recorder, seenOf, type Seen } from './recorder.ts';
import { TulouUnderTest, type Meant } from './tulou.ts';

/** Comes behind every case on the same connection: whoever misreads a length swallows it, or sees it twice. */
const sentinel = 'GET /sentinel HTTP/1.1\r\nHost: sentinel\r\nConnection: close\r\n\r\n';
const isSentinel = ({ target }: Seen): boolean => target === '/sentinel';

/** What Tulou forwards and a peer refuses whole: nothing to misread, as the peer reads nothing. Checked to stay so. */
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
/** Here a peer takes what comes first and refuses the odd method behind it. */
const stopsAtMethod = new Set(['content-becomes-a-method']);

interface Row {
  readonly category: string;
  readonly cases: number;
  refused: number;
  forwarded: number;
  peersDiffer: number;
}

interface Observation {
  readonly statuses: readonly number[];
  readonly answersFault: string | undefined;
  readonly messages: readonly Message[];
  readonly faults: readonly string[];
  readonly meant: readonly Meant[];
}

const folder = mkdtempSync(join(tmpdir(), 'tulou-http1-'));
const grid: Row[] = [];
let peers: readonly Peer[] = [];
let backend: Recorder;
let tulou: TulouUnderTest;

before(async () => {
  backend = await Recorder.open();
  tulou = await TulouUnderTest.open(backend.port);
  peers = await startPeers(folder);
});

after(async () => {
  await Promise.all(peers.map((peer) => peer.stop()));
  await tulou.close();
  await backend.close();
  rmSync(folder, { recursive: true });
});

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
      const observed = await observe(each);
      findings.push(...(await judge(each, observed)).map((finding) => `${each.name} (${each.why}): ${finding}`));
      if (observed.messages.some((message) => !isSentinel(seenOf(message)))) row.forwarded += 1;
      else row.refused += 1;
      if (await peersDiffer(each)) row.peersDiffer += 1;
    }
    grid.push(row);
    assert.deepEqual(findings, []);
  });
}

test('the three readers tell an ambiguous message from a clear one', async () => {
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

async function observe({ bytes, cut }: RequestCase): Promise<Observation> {
  const client = tulou.connect();
  client.send(cut ? bytes : bytes + sentinel);
  if (cut) client.end();
  await client.closed;
  const { messages, faults } = await backend.harvest();
  const answers = frameResponses(client.received, true);
  const statuses = answers.messages.map(({ startLine }) => statusOf(startLine)).filter((status) => status >= 200);
  const answersFault =
    answers.fault ?? (answers.rest === '' ? undefined : `half an answer: ${answers.rest.slice(0, 80)}`);
  return { statuses, answersFault, messages, faults, meant: tulou.takeMeant() };
}

async function judge(each: RequestCase, observed: Observation): Promise<string[]> {
  const { messages, faults, answersFault } = observed;
  return [
    ...faults.map((fault) => `at the back end: ${fault}`),
    ...(answersFault === undefined ? [] : [`at the client: ${answersFault}`]),
    ...verdictFindings(each, observed),
    ...meaningFindings(observed),
    ...(await readingFindings(each.name, messages)),
  ];
}

function verdictFindings({ verdict, complete, cut }: RequestCase, { messages, statuses }: Observation): string[] {
  const whole = messages.map(seenOf).filter((seen) => !isSentinel(seen)).length;
  const sentinels = messages.length - whole;
  const last = statuses.at(-1);
  const found: string[] = [];
  if (verdict !== 'either' && whole !== complete) found.push(`${whole} requests reached the back end, not ${complete}`);
  if (verdict === 'refused' && sentinels > 0) found.push('the next request on the connection was served');
  if (
    verdict === 'refused' &&
    !(cut && last === undefined) &&
    !(cut && statuses.length === complete) &&
    (last ?? 0) < 400
  ) {
    found.push(`no refusal: ${statuses.join(' ')}`);
  }
  if (statuses.length > messages.length + 1) found.push(`${statuses.length} answers for ${messages.length} requests`);
  return found;
}

/**
 * What reached the back end is what the engine took the octets for. A request that was on its way when its client went
 * may be there or not.
 */
function meaningFindings({ messages, meant }: Observation): string[] {
  const said = meant
    .filter(({ outcome }) => outcome.error === undefined || outcome.error === 'client_aborted')
    .map(({ method, target, outcome }) => ({
      text: `${method} ${target} ${outcome.requestBytes}`,
      sure: outcome.error === undefined,
    }));
  const heard = messages.map(seenOf).map(({ method, target, body }) => `${method} ${target} ${body.length}`);
  const expected = said.filter(({ text, sure }) => sure || heard.includes(text)).map(({ text }) => text);
  return expected.join('\n') === heard.join('\n')
    ? []
    : [`meant [${expected.join(', ')}], the back end read [${heard.join(', ')}]`];
}

/** The forwarded octets once more, to each of the three: all must read the same, and the sentinel behind it. */
async function readingFindings(name: string, messages: readonly Message[]): Promise<string[]> {
  if (messages.length === 0) return [];
  const expected = [...messages.map(seenOf), { method: 'GET', target: '/sentinel', body: '' }];
  const bytes = messages.map(({ raw }) => raw).join('') + sentinel;
  const readings = await Promise.all(
    peers.map(async (peer) => ({ peer: peer.name, seen: await peer.read(bytes, false) })),
  );
  return readings.flatMap(({ peer, seen }) => {
    if (narrowerPeers[name]?.includes(peer)) return seen.length === 0 ? [] : [`${peer} was expected to refuse it`];
    const whole = stopsAtMethod.has(name) && seen.length > 0 ? expected.slice(0, seen.length) : expected;
    const same = JSON.stringify(seen) === JSON.stringify(whole);
    return same ? [] : [`${peer} reads what was forwarded as [${describe(seen)}], not [${describe(expected)}]`];
  });
}

async function peersDiffer({ bytes, cut }: RequestCase): Promise<boolean> {
  const readings = await Promise.all(peers.map((peer) => peer.read(cut ? bytes : bytes + sentinel, true)));
  return new Set(readings.map((seen) => JSON.stringify(seen))).size > 1;
}

function describe(seen: readonly Seen[]): string {
  return seen.map(({ method, target, body }) => `${method} ${target.slice(0, 60)} ${body.length}`).join(', ');
}
