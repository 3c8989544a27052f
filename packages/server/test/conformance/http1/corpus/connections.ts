/** More than one message: pipelines, smuggling, Expect, Connection, HTTP/1.0, cuts and sizes. */
import { category, chunked, get, post, smuggled } from './request-case.ts';

const PIPE = 'RFC 9112 §9.3.2';
const SMUGGLE = 'RFC 9112 §11.2';
const EXPECT = 'RFC 9110 §10.1.1';
const HOP = 'RFC 9110 §7.6.1';
const CUT = 'RFC 9112 §8';
const old = (...fields: readonly string[]): string => `GET /x HTTP/1.0\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

export const pipelines = category('pipelines', [
  ['forwarded', 'pipe-three', 'three at once', PIPE, get() + get() + get(), { complete: 3 }],
  ['forwarded', 'pipe-lengths', 'content, then a request', PIPE, post(['Content-Length: 5'], 'hello') + get(), { complete: 2 }],
  ['forwarded', 'pipe-chunks', 'chunks, then a request', PIPE, chunked('5\r\nhello\r\n0\r\n\r\n') + get(), { complete: 2 }],
  ['forwarded', 'pipe-mixed', 'each kind', PIPE, get() + chunked('0\r\n\r\n') + post(['Content-Length: 1'], 'x') + get(), { complete: 4 }],
  ['forwarded', 'content-is-a-request', 'content that looks like one stays content', SMUGGLE, post([`Content-Length: ${smuggled.length}`], smuggled)],
  ['forwarded', 'chunk-is-a-request', 'a chunk that looks like one stays a chunk', SMUGGLE, chunked(`${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`)],
  ['forwarded', 'cl.0', 'CL.0: content that a careless server reads as a request', SMUGGLE, post([`Content-Length: ${smuggled.length}`], smuggled) + get(), { complete: 2 }],
  ['forwarded', 'get-with-request', 'a GET whose content is a request', SMUGGLE, `GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`],
  ['forwarded', 'empty-line-between', 'CRLF behind the content, as old browsers sent', 'RFC 9112 §2.2', `${post(['Content-Length: 5'], 'hello')}\r\n${get()}`, { complete: 2 }],
  ['refused', 'good-then-bad', 'the second is malformed', PIPE, get() + get('A : b'), { complete: 1 }],
  ['refused', 'good-then-both', 'the second has both lengths', SMUGGLE, get() + post(['Content-Length: 4', 'Transfer-Encoding: chunked'], '0\r\n\r\n'), { complete: 1 }],
  ['refused', 'good-then-rubbish', 'rubbish behind the content', SMUGGLE, `${post(['Content-Length: 5'], 'hello')}rubbish\r\n\r\n`, { complete: 1 }],
  ['refused', 'content-too-long', 'content longer than its length', SMUGGLE, post(['Content-Length: 4'], 'hell('), { complete: 1 }],
  ['either', 'content-becomes-a-method', 'a length too short, so that what is left is a method: oGET', SMUGGLE, post(['Content-Length: 4'], 'hello')],
  ['refused', 'rubbish-after-chunks', 'octets behind the last chunk', SMUGGLE, `${chunked('0\r\n\r\n')}\x01`, { complete: 1 }],
  ['refused', '0.cl', '0.CL: a length that only the back end sees', SMUGGLE, post(['Content-Length : 37'], smuggled)],
  ['refused', '0.cl-folded', '0.CL by folding', SMUGGLE, post(['Content-Length:', ' 37'], smuggled)],
  ['refused', '0.te', '0.TE: chunks that only the back end sees', SMUGGLE, post(['Transfer-Encoding : chunked'], `0\r\n\r\n${smuggled}`)],
  ['refused', 'cl.cl', 'CL.CL: which of the two', SMUGGLE, post(['Content-Length: 0', `Content-Length: ${smuggled.length}`], smuggled)],
  ['refused', 'te.0', 'TE.0: a coding that only the front end sees', SMUGGLE, post(['Transfer-Encoding: xchunked'], `0\r\n\r\n${smuggled}`)],
  ['refused', 'cl.te-chunk-first', 'CL.TE with a chunk that begins a request', SMUGGLE, post(['Content-Length: 6', 'Transfer-Encoding: chunked'], '0\r\n\r\nG')],
  ['refused', 'te.cl-in-chunk', 'TE.CL with a request in a chunk', SMUGGLE, post(['Content-Length: 3', 'Transfer-Encoding: chunked'], '8\r\nSMUGGLED\r\n0\r\n\r\n')],
  ['refused', 'te.te-tab', 'TE.TE by a tab', SMUGGLE, post(['Content-Length: 4', 'Transfer-Encoding: chunked', 'Transfer-Encoding\t: cow'], '0\r\n\r\n')],
  ['refused', 'te.te-x', 'TE.TE by an x', SMUGGLE, post(['Transfer-Encoding: xchunked', 'Transfer-Encoding: chunked'], '0\r\n\r\n')],
  ['refused', 'te.te-space-line', 'TE.TE by a leading space', SMUGGLE, post(['X: x', ' Transfer-Encoding: chunked', 'Content-Length: 4'], '0\r\n\r\n')],
  ['refused', 'cr-hidden-header', 'a field behind CR that some see', SMUGGLE, post(['X: x\rContent-Length: 37'], smuggled)],
]);

export const expectations = category('expect', [
  ['forwarded', 'expect-continue', 'ordinary', EXPECT, post(['Expect: 100-continue', 'Content-Length: 5'], 'hello')],
  ['forwarded', 'expect-capitals', 'has no case', EXPECT, post(['Expect: 100-Continue', 'Content-Length: 5'], 'hello')],
  ['forwarded', 'expect-chunked', 'with chunks', EXPECT, post(['Expect: 100-continue', 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n')],
  ['either', 'expect-without-content', 'nothing to wait for', EXPECT, get('Expect: 100-continue')],
  ['either', 'expect-http10', 'to be ignored in HTTP/1.0', EXPECT, 'POST /x HTTP/1.0\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello'],
  ['refused', 'expect-other', 'what nobody can promise', EXPECT, post(['Expect: the-moon', 'Content-Length: 5'], 'hello')],
  ['refused', 'expect-prefix', 'begins with the word', EXPECT, post(['Expect: 100-continue-x', 'Content-Length: 5'], 'hello')],
  ['refused', 'expect-list', 'the word and another', EXPECT, post(['Expect: 100-continue, moon', 'Content-Length: 5'], 'hello')],
  ['refused', 'expect-obfuscated', 'a desync of 2025: y 100-continue', EXPECT, post(['Expect: y 100-continue', 'Content-Length: 5'], 'hello')],
  ['refused', 'expect-no-value', 'nothing expected', EXPECT, post(['Expect:', 'Content-Length: 5'], 'hello')],
]);

export const connectionField = category('connection', [
  ['forwarded', 'connection-close', 'a last request', 'RFC 9112 §9.6', get('Connection: close')],
  ['forwarded', 'connection-close-capitals', 'options have no case', 'RFC 9112 §9.6', get('Connection: Close')],
  ['forwarded', 'connection-keep-alive', 'the default, said', 'RFC 9112 §9.3', get('Connection: keep-alive')],
  ['forwarded', 'connection-names-field', 'a field for this hop only', HOP, get('Connection: X-Hop', 'X-Hop: 1')],
  ['either', 'connection-both', 'close and keep-alive', HOP, get('Connection: close, keep-alive')],
  ['either', 'connection-names-host', 'Host named as of this hop', HOP, get('Connection: host')],
  ['either', 'connection-names-length', 'the length named as of this hop', HOP, post(['Connection: content-length', 'Content-Length: 5'], 'hello')],
  ['either', 'connection-names-coding', 'the coding named as of this hop', HOP, post(['Connection: transfer-encoding', 'Transfer-Encoding: chunked'], '5\r\nhello\r\n0\r\n\r\n')],
  ['either', 'connection-names-credential', 'a credential named as of this hop', HOP, get('Connection: authorization', 'Authorization: Bearer x')],
  ['either', 'connection-names-identity', 'what the gateway says named as of this hop', HOP, get('Connection: tulou-tenant')],
  ['either', 'connection-odd', 'not a list of tokens', HOP, get('Connection: "close"')],
  ['either', 'connection-empty', 'an empty list', HOP, get('Connection:')],
  ['either', 'proxy-connection', 'a field that never was', 'RFC 9112 appendix C.2.2', get('Proxy-Connection: keep-alive')],
  ['forwarded', 'te-trailers', 'TE is for this hop', 'RFC 9110 §10.1.4', get('Connection: TE', 'TE: trailers')],
  ['refused', 'upgrade-websocket', 'upgrades are not offered', 'RFC 9110 §7.8', get('Connection: Upgrade', 'Upgrade: websocket')],
  ['either', 'upgrade-h2c', 'an upgrade to ignore', 'RFC 9113 §3.1', get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__')],
  ['either', 'upgrade-without-connection', 'not meant for this hop', 'RFC 9110 §7.8', get('Upgrade: websocket')],
  ['refused', 'upgrade-with-content', 'an upgrade that hides a request', 'RFC 9110 §7.8', post(['Connection: Upgrade', 'Upgrade: websocket', `Content-Length: ${smuggled.length}`], smuggled)],
]);

export const oldVersion = category('http/1.0', [
  ['forwarded', 'old-with-host', 'HTTP/1.0', 'RFC 9112 §2.3', old('Host: h')],
  ['either', 'old-without-host', 'lawful in 1.0', 'RFC 9112 §3.2', old()],
  ['forwarded', 'old-keep-alive', 'asks to stay', 'RFC 9112 §9.3', old('Host: h', 'Connection: keep-alive')],
  ['forwarded', 'old-post', 'with a length', 'RFC 9112 §6', 'POST /x HTTP/1.0\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello'],
  ['forwarded', 'old-pipelined', 'a second request that 1.0 does not have', 'RFC 9112 §9.3', old('Host: h') + smuggled],
  ['refused', 'old-chunked', 'chunks that 1.0 does not have', 'RFC 9112 §6.1', 'POST /x HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n'],
]);

const cut = { cut: true } as const;
export const cuts = category('cuts', [
  ['refused', 'cut-method', 'in the method', CUT, 'GE', cut],
  ['refused', 'cut-target', 'in the target', CUT, 'GET /x', cut],
  ['refused', 'cut-version', 'in the version', CUT, 'GET /x HTTP/1', cut],
  ['refused', 'cut-line', 'behind the request line', CUT, 'GET /x HTTP/1.1\r\n', cut],
  ['refused', 'cut-name', 'in a name', CUT, 'GET /x HTTP/1.1\r\nHost: h\r\nCont', cut],
  ['refused', 'cut-value', 'in a value', CUT, 'GET /x HTTP/1.1\r\nHost: h\r\nA: b', cut],
  ['refused', 'cut-head', 'before the empty line', CUT, 'GET /x HTTP/1.1\r\nHost: h\r\n', cut],
  ['refused', 'cut-head-cr', 'in the empty line', CUT, 'GET /x HTTP/1.1\r\nHost: h\r\n\r', cut],
  ['refused', 'cut-content-none', 'before the content', CUT, post(['Content-Length: 5']), cut],
  ['refused', 'cut-content', 'in the content', CUT, post(['Content-Length: 5'], 'hel'), cut],
  ['refused', 'cut-chunk-size', 'in a size', CUT, chunked('5'), cut],
  ['refused', 'cut-chunk-line', 'in a size line', CUT, chunked('5\r'), cut],
  ['refused', 'cut-chunk-data', 'in a chunk', CUT, chunked('5\r\nhel'), cut],
  ['refused', 'cut-chunk-end', 'behind a chunk', CUT, chunked('5\r\nhello\r\n'), cut],
  ['refused', 'cut-last-chunk', 'behind the last chunk, before the empty line', CUT, chunked('5\r\nhello\r\n0\r\n'), cut],
  ['refused', 'cut-last-cr', 'one octet before the end', CUT, chunked('5\r\nhello\r\n0\r\n\r'), cut],
  ['refused', 'cut-trailer', 'in a trailer', CUT, chunked('5\r\nhello\r\n0\r\nX: y'), cut],
  ['either', 'cut-second', 'a whole request, then a part of one: a client that ends may be taken for gone', CUT, `${get()}GET /y HT`, cut],
  ['either', 'cut-behind', 'a whole request, and the client ends its side', CUT, get(), cut],
]);

const SIZE = 'RFC 9110 §15.5.15, RFC 6585 §5';
export const sizes = category('sizes', [
  ['forwarded', 'many-fields', 'many, within bounds', SIZE, get(...Array.from({ length: 60 }, (_, n) => `A${n}: b`))],
  ['refused', 'field-huge', 'a value of 1 MiB', SIZE, get(`A: ${'b'.repeat(1_048_576)}`)],
  ['refused', 'name-huge', 'a name of 1 MiB', SIZE, get(`${'a'.repeat(1_048_576)}: b`)],
  ['refused', 'fields-too-many', '10,000 fields', SIZE, get(...Array.from({ length: 10_000 }, (_, n) => `A${n}: b`))],
  ['refused', 'head-too-large', 'a head of 1 MiB in ordinary lines', SIZE, get(...Array.from({ length: 200 }, (_, n) => `A${n}: ${'b'.repeat(5000)}`))],
  ['refused', 'target-huge', 'a target of 1 MiB', SIZE, `GET /${'x'.repeat(1_048_576)} HTTP/1.1\r\nHost: h\r\n\r\n`],
  ['refused', 'endless-line', '1 MiB without an end', SIZE, 'A'.repeat(1_048_576)],
  ['refused', 'endless-head', 'fields that never end', SIZE, `GET /x HTTP/1.1\r\nHost: h\r\n${'A: b\r\n'.repeat(200_000)}`],
  ['refused', 'content-too-large', 'more content than this API takes', 'RFC 9110 §15.5.14', post(['Content-Length: 2000000'], 'x'.repeat(2_000_000))],
  ['refused', 'chunks-too-large', 'more chunks than this API takes', 'RFC 9110 §15.5.14', chunked(`${`8000\r\n${'x'.repeat(32_768)}\r\n`.repeat(61)}0\r\n\r\n`)],
]);
