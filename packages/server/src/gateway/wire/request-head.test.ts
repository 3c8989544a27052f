import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '@tulou/contract';
import { RequestReader } from './request-head.ts';

const bounds = { headBytesMax: 2048, fieldsMax: 20, targetBytesMax: 200 };

interface Read {
  readonly reading: string;
  readonly code: ErrorCode;
  readonly reader: RequestReader;
}

function read(text: string, reader = new RequestReader(bounds, false)): Read {
  const bytes = Buffer.from(text, 'latin1');
  return { reading: reader.read(bytes, 0, bytes.length), code: reader.code, reader };
}

/** Feeds the text in pieces, each time with all octets so far, as a connection does. */
function readSplit(text: string, ends: readonly number[]): Read {
  const reader = new RequestReader(bounds, false);
  const bytes = Buffer.from(text, 'latin1');
  let reading = 'more';
  for (const end of [...ends, bytes.length]) {
    reading = reader.read(Buffer.from(bytes.subarray(0, end)), 0, end);
    if (reading !== 'more') break;
  }
  return { reading, code: reader.code, reader };
}

const line = 'GET /a HTTP/1.1\r\n';
const host = 'Host: a.example\r\n';
const post = `POST /a HTTP/1.1\r\n${host}`;

/** The fault, the octets, and the code of the refusal if it is not `malformed_request`. */
const malformed: readonly (readonly [string, string, ErrorCode?])[] = [
  // Length and coding
  ['Content-Length and Transfer-Encoding', `${post}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['Transfer-Encoding and Content-Length', `${post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n`],
  ['two different lengths', `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`],
  ['two equal lengths', `${post}Content-Length: 5\r\nContent-Length: 5\r\n\r\n`],
  ['a list of lengths', `${post}Content-Length: 5, 5\r\n\r\n`],
  ['a list without a space', `${post}Content-Length: 1,1\r\n\r\n`],
  ['a signed length', `${post}Content-Length: +1\r\n\r\n`],
  ['a negative length', `${post}Content-Length: -1\r\n\r\n`],
  ['a hexadecimal length', `${post}Content-Length: 0x1\r\n\r\n`],
  ['an empty length', `${post}Content-Length:\r\n\r\n`],
  ['a length with a space inside', `${post}Content-Length: 1 0\r\n\r\n`],
  ['a length with junk behind', `${post}Content-Length: 5x\r\n\r\n`],
  ['a length with a vertical tab', `${post}Content-Length: \x0b5\r\n\r\n`],
  ['a length with a no-break space', `${post}Content-Length: \xa05\r\n\r\n`],
  ['a fractional length', `${post}Content-Length: 5.0\r\n\r\n`],
  ['an exponent as length', `${post}Content-Length: 1e3\r\n\r\n`],
  ['a length of 2^53', `${post}Content-Length: 9007199254740992\r\n\r\n`],
  ['a length of twenty digits', `${post}Content-Length: 00000000000000000005\r\n\r\n`],
  ['a length spelt with an underscore', `${post}Content_Length: 5\r\n\r\n`],
  ['gzip before chunked', `${post}Transfer-Encoding: gzip, chunked\r\n\r\n`],
  ['chunked twice in a list', `${post}Transfer-Encoding: chunked, chunked\r\n\r\n`],
  ['chunked twice in two lines', `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['chunked and identity', `${post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n`],
  ['identity', `${post}Transfer-Encoding: identity\r\n\r\n`],
  ['an unknown coding', `${post}Transfer-Encoding: xchunked\r\n\r\n`],
  ['an empty coding', `${post}Transfer-Encoding:\r\n\r\n`],
  ['chunked with a vertical tab', `${post}Transfer-Encoding: \x0bchunked\r\n\r\n`],
  ['chunked in quotes', `${post}Transfer-Encoding: "chunked"\r\n\r\n`],
  ['chunked with a parameter', `${post}Transfer-Encoding: chunked;q=1\r\n\r\n`],
  ['chunked with a comma behind', `${post}Transfer-Encoding: chunked,\r\n\r\n`],
  ['a folded coding', `${post}Transfer-Encoding:\r\n chunked\r\n\r\n`],
  ['coding spelt with an underscore', `${post}Transfer_Encoding: chunked\r\n\r\n`],
  ['coding spelt with a dot', `${post}Transfer.Encoding: chunked\r\n\r\n`],
  ['chunked in HTTP/1.0', `POST /a HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n`],
  // Lines
  ['bare LF behind the request line', `GET /a HTTP/1.1\n${host}\r\n`],
  ['bare LF behind a field', `${line}Host: a.example\n\r\n`],
  ['bare LF as the empty line', `${line}${host}\n`],
  ['bare CR in a value', `${line}${host}X: a\rb\r\n\r\n`],
  ['bare CR before CRLF', `${line}${host}X: a\r\r\n\r\n`],
  ['bare CR as the empty line', `${line}${host}\rX`],
  ['a folded value', `${line}${host}X: a\r\n b\r\n\r\n`],
  ['a folded value with a tab', `${line}${host}X: a\r\n\tb\r\n\r\n`],
  ['space before the first field', `${line} ${host}\r\n`],
  ['space before the colon', `${line}${host}X : a\r\n\r\n`],
  ['tab before the colon', `${line}${host}X\t: a\r\n\r\n`],
  ['space before the colon of a length', `${post}Content-Length : 5\r\n\r\n`],
  ['no colon', `${line}${host}X\r\n\r\n`],
  ['an empty name', `${line}${host}: a\r\n\r\n`],
  ['NUL in a value', `${line}${host}X: a\0b\r\n\r\n`],
  ['NUL in a name', `${line}${host}X\0: a\r\n\r\n`],
  ['DEL in a value', `${line}${host}X: a\x7fb\r\n\r\n`],
  ['a control character in a value', `${line}${host}X: a\x01b\r\n\r\n`],
  ['a space in a name', `${line}${host}X Y: a\r\n\r\n`],
  ['a parenthesis in a name', `${line}${host}X(Y: a\r\n\r\n`],
  ['a slash in a name', `${line}${host}X/Y: a\r\n\r\n`],
  ['quotes in a name', `${line}${host}"X": a\r\n\r\n`],
  ['a letter beyond ASCII in a name', `${line}${host}X\xe9: a\r\n\r\n`],
  // Host
  ['no Host', `${line}\r\n`],
  ['two Hosts', `${line}${host}Host: b.example\r\n\r\n`],
  ['two equal Hosts', `${line}${host}${host}\r\n`],
  ['an empty Host', `${line}Host:\r\n\r\n`],
  ['a Host with a path', `${line}Host: a.example/b\r\n\r\n`],
  ['a Host with user information', `${line}Host: u@a.example\r\n\r\n`],
  ['a Host with a space', `${line}Host: a b\r\n\r\n`],
  ['a list of Hosts', `${line}Host: a.example, b.example\r\n\r\n`],
  ['a Host with an odd port', `${line}Host: a.example:8x\r\n\r\n`],
  ['a Host with an empty port', `${line}Host: a.example:\r\n\r\n`],
  ['a Host with too high a port', `${line}Host: a.example:65536\r\n\r\n`],
  ['a Host with a scheme', `${line}Host: http://a.example\r\n\r\n`],
  ['a Host that is no IPv6 address', `${line}Host: [::g]\r\n\r\n`],
  ['a Host with obs-text', `${line}Host: \xe9.example\r\n\r\n`],
  // Target
  ['a target without a slash', `GET a HTTP/1.1\r\n${host}\r\n`],
  ['authority-form', `GET a.example:80 HTTP/1.1\r\n${host}\r\n`],
  ['an asterisk with GET', `GET * HTTP/1.1\r\n${host}\r\n`],
  ['a fragment', `GET /a#b HTTP/1.1\r\n${host}\r\n`],
  ['a fragment behind a query', `GET /a?b#c HTTP/1.1\r\n${host}\r\n`],
  ['a raw space in the target', `GET /a b HTTP/1.1\r\n${host}\r\n`],
  ['a tab before the target', `GET\t/a HTTP/1.1\r\n${host}\r\n`],
  ['two spaces before the target', `GET  /a HTTP/1.1\r\n${host}\r\n`],
  ['two spaces behind the target', `GET /a  HTTP/1.1\r\n${host}\r\n`],
  ['a control character in the target', `GET /a\x01 HTTP/1.1\r\n${host}\r\n`],
  ['NUL in the target', `GET /a\0 HTTP/1.1\r\n${host}\r\n`],
  ['a raw letter beyond ASCII', `GET /\xe9 HTTP/1.1\r\n${host}\r\n`],
  ['a backslash in the path', `GET /a\\b HTTP/1.1\r\n${host}\r\n`],
  ['a broken escape', `GET /a%zz HTTP/1.1\r\n${host}\r\n`],
  ['half an escape', `GET /a%4 HTTP/1.1\r\n${host}\r\n`],
  ['angle brackets in the query', `GET /a?<b> HTTP/1.1\r\n${host}\r\n`],
  ['absolute-form that disagrees with Host', `GET http://b.example/a HTTP/1.1\r\n${host}\r\n`],
  ['absolute-form with another port than Host', `GET http://a.example:81/a HTTP/1.1\r\n${host}\r\n`],
  ['absolute-form with user information', `GET http://u@a.example/a HTTP/1.1\r\n${host}\r\n`],
  ['absolute-form of another scheme', `GET ftp://a.example/a HTTP/1.1\r\n${host}\r\n`],
  ['absolute-form with https on a plain connection', `GET https://a.example/a HTTP/1.1\r\n${host}\r\n`],
  ['absolute-form without Host', 'GET http://a.example/a HTTP/1.1\r\n\r\n'],
  ['absolute-form without a host', `GET http:///a HTTP/1.1\r\n${host}\r\n`],
  ['absolute-form with a broken escape', `GET http://a.example/%zz HTTP/1.1\r\n${host}\r\n`],
  // Request line
  ['a request line of HTTP/0.9', 'GET /a\r\n\r\n'],
  ['no target', `GET HTTP/1.1\r\n${host}\r\n`],
  ['a method with a slash', `G/T /a HTTP/1.1\r\n${host}\r\n`],
  ['a method that is too long', `${'G'.repeat(33)} /a HTTP/1.1\r\n${host}\r\n`],
  ['space before the method', ` GET /a HTTP/1.1\r\n${host}\r\n`],
  ['two empty lines before the request line', `\r\n\r\n${line}${host}\r\n`],
  ['bare LF before the request line', `\n${line}${host}\r\n`],
  ['a version in small letters', `GET /a http/1.1\r\n${host}\r\n`],
  ['a version of another protocol', `GET /a ICY/1.1\r\n${host}\r\n`],
  ['a version without a minor', `GET /a HTTP/1\r\n${host}\r\n`],
  ['a version with two digits', `GET /a HTTP/1.11\r\n${host}\r\n`],
  ['space behind the version', `GET /a HTTP/1.1 \r\n${host}\r\n`],
  ['HTTP/2.0', `GET /a HTTP/2.0\r\n${host}\r\n`, 'http_version_unsupported'],
  ['HTTP/1.2', `GET /a HTTP/1.2\r\n${host}\r\n`, 'http_version_unsupported'],
  ['HTTP/0.9 spelt out', `GET /a HTTP/0.9\r\n${host}\r\n`, 'http_version_unsupported'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http_version_unsupported'],
  ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['CONNECT', 'CONNECT a.example:443 HTTP/1.1\r\n\r\n', 'method_unsupported'],
  ['TRACE', `TRACE /a HTTP/1.1\r\n${host}\r\n`, 'method_unsupported'],
  // Connection, Expect, Upgrade
  ['Connection names Host', `${line}${host}Connection: host\r\n\r\n`],
  ['Connection names Content-Length', `${post}Content-Length: 5\r\nConnection: close, Content-Length\r\n\r\n`],
  ['Connection names Authorization', `${line}${host}Connection: authorization\r\n\r\n`],
  ['Connection names a field of ours', `${line}${host}Connection: tulou-tenant\r\n\r\n`],
  ['Connection with what is no token', `${line}${host}Connection: clo se\r\n\r\n`],
  ['an unknown expectation', `${line}${host}Expect: 200-ok\r\n\r\n`, 'expectation_failed'],
  ['two expectations', `${line}${host}Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n`, 'expectation_failed'],
  ['an upgrade', `${line}${host}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`, 'upgrade_refused'],
  // Bounds
  ['a target that is too long', `GET /${'a'.repeat(200)} HTTP/1.1\r\n${host}\r\n`, 'uri_too_long'],
  ['a query that is too long', `GET /?${'a'.repeat(200)} HTTP/1.1\r\n${host}\r\n`, 'uri_too_long'],
  ['too many fields', `${line}${host}${'X: a\r\n'.repeat(20)}\r\n`, 'header_fields_too_large'],
  ['too large a field', `${line}${host}X: ${'a'.repeat(2048)}\r\n\r\n`, 'header_fields_too_large'],
  ['a head without end', `${line}${host}X: ${'a'.repeat(4096)}`, 'header_fields_too_large'],
];

for (const [reason, text, code = 'malformed_request'] of malformed) {
  test(`refused: ${reason}`, () => {
    const { reading, code: found } = read(text);
    assert.equal(reading, 'failed');
    assert.equal(found, code);
  });
}

test('a refusal does not depend on where the octets are split', () => {
  for (const [reason, text, code = 'malformed_request'] of malformed) {
    const everywhere = Array.from({ length: text.length }, (_, index) => index);
    for (const ends of [everywhere, ...everywhere.map((end) => [end])]) {
      const { reading, code: found } = readSplit(text, ends);
      assert.deepEqual(
        [reading, found],
        ['failed', code],
        `${reason}, split at ${ends.length > 1 ? 'every octet' : ends[0]}`,
      );
    }
  }
});

/** The correct case, the octets, and the result. */
const wellFormed: readonly (readonly [string, string, object])[] = [
  [
    'a plain request',
    `${line}${host}\r\n`,
    { method: 'GET', target: '/a', host: 'a.example', minor: 1, fields: [], contentLength: 0 },
  ],
  ['one empty line before it', `\r\n${line}${host}\r\n`, { target: '/a' }],
  [
    'names and a host in capitals',
    `${line}HOST: A.Example:8080\r\nACCEPT: */*\r\n\r\n`,
    { host: 'a.example:8080', fields: ['accept', '*/*'] },
  ],
  ['an IPv6 host', `${line}Host: [::1]:80\r\n\r\n`, { host: '[::1]:80' }],
  ['space around a value', `${line}${host}X: \t a b \t \r\n\r\n`, { fields: ['x', 'a b'] }],
  ['an empty value', `${line}${host}X:\r\n\r\n`, { fields: ['x', ''] }],
  ['obs-text in a value', `${line}${host}X: \xe9\r\n\r\n`, { fields: ['x', '\xe9'] }],
  [
    'repeated fields in their order',
    `${line}${host}X: 1\r\nY: 2\r\nX: 3\r\n\r\n`,
    { fields: ['x', '1', 'y', '2', 'x', '3'] },
  ],
  ['a length', `${post}Content-Length: 5\r\n\r\n`, { contentLength: 5, fields: [] }],
  ['a length with zeros before it', `${post}Content-Length: 005\r\n\r\n`, { contentLength: 5 }],
  [
    'the greatest length',
    `${post}Content-Length: 9007199254740991\r\n\r\n`,
    { contentLength: Number.MAX_SAFE_INTEGER },
  ],
  ['chunked in capitals', `${post}Transfer-Encoding: Chunked\r\n\r\n`, { contentLength: -1, fields: [] }],
  ['HTTP/1.0 without Host', 'GET /a HTTP/1.0\r\n\r\n', { minor: 0, host: '' }],
  ['absolute-form', `GET http://A.example/a?b HTTP/1.1\r\n${host}\r\n`, { target: '/a?b', host: 'a.example' }],
  ['absolute-form without a path', `GET http://a.example HTTP/1.1\r\n${host}\r\n`, { target: '/' }],
  ['absolute-form with a query only', `GET http://a.example?b HTTP/1.1\r\n${host}\r\n`, { target: '/?b' }],
  ['OPTIONS of the server', `OPTIONS * HTTP/1.1\r\n${host}\r\n`, { target: '*' }],
  ['OPTIONS of the server in absolute-form', `OPTIONS http://a.example HTTP/1.1\r\n${host}\r\n`, { target: '*' }],
  ['a query as browsers send it', `GET /a?b[]={c}|d%zz HTTP/1.1\r\n${host}\r\n`, { target: '/a?b[]={c}|d%zz' }],
  ['escapes in a path', `GET /%E9%2f HTTP/1.1\r\n${host}\r\n`, { target: '/%E9%2f' }],
  [
    'fields for this hop only',
    `${line}${host}TE: trailers\r\nTrailer: x\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\n\r\n`,
    { fields: [] },
  ],
  [
    'fields that Connection names',
    `${line}${host}X-Hop: 1\r\nY: 2\r\nConnection: x-hop\r\nX-HOP: 3\r\n\r\n`,
    { fields: ['y', '2'] },
  ],
  [
    'forged fields of ours, however spelt',
    `${line}${host}Tulou-Tenant: x\r\nTULOU_APP: x\r\ntulou.x: x\r\nTulouse: x\r\n\r\n`,
    { fields: ['tulouse', 'x'] },
  ],
  [
    'an offer of h2c',
    `${line}${host}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n`,
    { fields: [] },
  ],
  ['a method that is not known', `PROPFIND /a HTTP/1.1\r\n${host}\r\n`, { method: 'PROPFIND' }],
  [
    'an expectation in HTTP/1.0, which has none',
    `POST /a HTTP/1.0\r\n${host}Expect: x\r\nContent-Length: 1\r\n\r\n`,
    { contentLength: 1 },
  ],
];

for (const [reason, text, expected] of wellFormed) {
  test(`understood: ${reason}`, () => {
    const { reading, reader } = read(text);
    assert.equal(reading, 'done');
    assert.partialDeepStrictEqual(reader.head(), expected);
    assert.equal(reader.length, text.length);
  });
}

test('the result does not depend on where the octets are split', () => {
  for (const [reason, text] of wellFormed) {
    const whole = read(text).reader.head();
    const everywhere = Array.from({ length: text.length }, (_, index) => index);
    for (const ends of [everywhere, ...everywhere.map((end) => [end])]) {
      const { reading, reader } = readSplit(text, ends);
      assert.equal(reading, 'done', reason);
      assert.deepEqual(reader.head(), whole, reason);
    }
  }
});

test('octets behind the head are left alone', () => {
  const { reading, reader } = read(`${post}Content-Length: 3\r\n\r\nabcGET /b`);
  assert.equal(reading, 'done');
  assert.equal(reader.length, `${post}Content-Length: 3\r\n\r\n`.length);
});

test('a reader starts again after a reset, without its earlier data', () => {
  const { reader } = read(
    `${post}Connection: close\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n`,
  );
  assert.equal(reader.persistent, false);
  assert.equal(reader.expectsContinue, true);
  reader.reset();
  assert.equal(read(`${line}${host}\r\n`, reader).reading, 'done');
  assert.deepEqual(reader.head(), {
    method: 'GET',
    target: '/a',
    host: 'a.example',
    minor: 1,
    fields: [],
    claims: [],
    contentLength: 0,
  });
  assert.equal(reader.persistent, true);
  assert.equal(reader.expectsContinue, false);
});

test('a connection is kept as RFC 9112 §9.3 says', () => {
  const persistent = (version: string, connection: string): boolean =>
    read(`GET /a HTTP/${version}\r\n${host}${connection === '' ? '' : `Connection: ${connection}\r\n`}\r\n`).reader
      .persistent;
  assert.equal(persistent('1.1', ''), true);
  assert.equal(persistent('1.1', 'close'), false);
  assert.equal(persistent('1.1', 'keep-alive, CLOSE'), false);
  assert.equal(persistent('1.0', ''), false);
  assert.equal(persistent('1.0', 'Keep-Alive'), true);
  assert.equal(persistent('1.0', 'keep-alive, close'), false);
});
