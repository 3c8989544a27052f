/**
 * Every answer of the corpus comes from a raw back end through Tulou to a client, which then sends another request. One
 * request never gets a second answer. No two readers read an answer differently, and no answer reaches another client.
 */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { ResponseCase } from './corpus/response-case.ts';
import { responseCorpus } from './corpus/responses.ts';
import { frameResponses, statusOf, type Framed } from './messages.ts';
import { RawBackend } from './raw-backend.ts';
import { TulouUnderTest, type Client } from './tulou.ts';

interface Row {
  readonly category: string;
  readonly cases: number;
  refused: number;
  forwarded: number;
  broken: number;
}

interface Answer {
  readonly kind: 'refused' | 'forwarded' | 'broken';
  readonly status: number;
  readonly body: string;
  readonly findings: readonly string[];
}

const grid: Row[] = [];
let asked = 0;
let backend: RawBackend;
let tulou: TulouUnderTest;

before(async () => {
  backend = await RawBackend.open();
  tulou = await TulouUnderTest.open(backend.port);
});

after(async () => {
  await tulou.close();
  await backend.close();
});

test('the corpus holds at least 60 answers, each with a name of its own', () => {
  const names = responseCorpus.flatMap(({ cases }) => cases.map(({ name }) => name));
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 60);
});

for (const { category, cases } of responseCorpus) {
  test(`${category}: each answer is refused, or passed on whole, and the next request gets its own`, async () => {
    const row: Row = { category, cases: cases.length, refused: 0, forwarded: 0, broken: 0 };
    const findings: string[] = [];
    for (const each of cases) {
      const { answer, found } = await run(each);
      row[answer.kind] += 1;
      findings.push(...found.map((finding) => `${each.name} (${each.why}): ${finding}`));
    }
    grid.push(row);
    assert.deepEqual(findings, []);
  });
}

test('the grid of answers', (t) => {
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((cell, index) => (index === 0 ? String(cell).padEnd(18) : String(cell).padStart(11))).join('');
  t.diagnostic(line(['answers', 'cases', 'refused', 'forwarded', 'broken off']));
  for (const { category, cases, refused, forwarded, broken } of grid)
    t.diagnostic(line([category, cases, refused, forwarded, broken]));
  assert.equal(grid.length, responseCorpus.length);
});

async function run(each: ResponseCase): Promise<{ answer: Answer; found: string[] }> {
  const token = `next-${(asked += 1)}`;
  backend.play = each;
  const client = tulou.connect();
  client.send(`${each.method} /case HTTP/1.1\r\nHost: h\r\n\r\n`);
  await client.until((received) => isWhole(received, each.method));
  const answer = await readAnswer(client, each);
  if (each.late !== '') await backend.sendLate();
  const next = await askNext(client, token);
  const found = [...answer.findings, ...verdictFindings(each, answer), ...(next === undefined ? [] : [next])];
  client.destroy();
  return { answer, found };
}

function finalOf({ messages }: Framed): Framed['messages'] {
  return messages.filter(({ startLine }) => statusOf(startLine) >= 200);
}

/** An answer to HEAD is framed by its head alone. */
function framed(received: string, method: ResponseCase['method'], ended: boolean): Framed {
  if (method === 'GET') return frameResponses(received, ended);
  return frameResponses(
    received.replaceAll(/^(?:content-length|transfer-encoding):[^\r]*\r\n/gim, 'content-length: 0\r\n'),
    ended,
  );
}

function isWhole(received: string, method: ResponseCase['method']): boolean {
  return finalOf(framed(received, method, false)).length > 0;
}

async function readAnswer(client: Client, { method }: ResponseCase): Promise<Answer> {
  const reading = framed(client.received, method, client.isClosed);
  const [answer, ...more] = finalOf(reading);
  const findings = more.map(({ startLine }) => `a second answer: ${startLine}`);
  if (reading.fault !== undefined) findings.push(`not an answer: ${reading.fault}`);
  if (answer === undefined) return { kind: 'broken', status: 0, body: '', findings };
  if (reading.rest !== '') findings.push(`octets behind the answer: ${reading.rest.slice(0, 60)}`);
  const status = statusOf(answer.startLine);
  findings.push(...(await nodeFindings(client.received, method, status, answer.body)));
  const ours = answer.fields.some(([name]) => name === 'x-status');
  return { kind: ours ? 'refused' : 'forwarded', status, body: answer.body, findings };
}

function verdictFindings(each: ResponseCase, { kind, status, body }: Answer): string[] {
  const may = { either: [kind], broken: ['broken', 'refused'], refused: ['refused'], forwarded: ['forwarded'] }[
    each.verdict
  ];
  if (!may.includes(kind)) return [`${kind} (${status}), not ${each.verdict}`];
  if (kind === 'refused' && status !== 502) return [`refused with ${status}`];
  if (kind !== 'forwarded') return [];
  const same = status === each.status && body === each.body;
  return same ? [] : [`passed on as ${status} ${JSON.stringify(body.slice(0, 60))}`];
}

/** The next request, on the same connection where it is still there, must get the answer made for it. */
async function askNext(client: Client, token: string): Promise<string | undefined> {
  backend.play = undefined;
  const asker = client.isClosed ? tulou.connect() : client;
  asker.received = '';
  asker.send(`GET /${token} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
  await asker.closed;
  const answers = finalOf(frameResponses(asker.received, true));
  const bodies = answers.map(({ body }) => body);
  return bodies.length === 1 && bodies[0] === `/${token}`
    ? undefined
    : `the next request was answered ${JSON.stringify(bodies)}`;
}

/** Node's client reads what our client received, and must find the same. */
async function nodeFindings(bytes: string, method: string, status: number, body: string): Promise<string[]> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(bytes, 'latin1'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const reading = await new Promise<string>((resolve) => {
    const asked = request(
      { port: (server.address() as AddressInfo).port, host: '127.0.0.1', method, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', (error) => resolve(error.message));
        response.on('end', () => resolve(`${response.statusCode} ${Buffer.concat(chunks).toString('latin1')}`));
      },
    );
    asked.on('error', (error) => resolve(error.message)).end();
  });
  server.close();
  return reading === `${status} ${body}`
    ? []
    : [`Node's client reads ${reading.slice(0, 80)}, not ${status} ${body.slice(0, 60)}`];
}
