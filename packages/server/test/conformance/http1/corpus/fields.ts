/** Field lines: their ends, folds, names, values and number, and Host. */
import { category, get, post, smuggled } from './request-case.ts';

const LINE = 'RFC 9112 §2.2';
const FOLD = 'RFC 9112 §5.2';
const NAME = 'RFC 9110 §5.1, §5.6.2';
const VALUE = 'RFC 9110 §5.5';
const HOST = 'RFC 9112 §3.2, RFC 9110 §7.2';
const noHost = (...fields: readonly string[]): string => `GET /x HTTP/1.1\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;

export const lineEnds = category('line ends', [
  ['refused', 'lf-request-line', 'the request line ends in LF', LINE, 'GET /x HTTP/1.1\nHost: h\r\n\r\n'],
  ['refused', 'lf-field', 'a field ends in LF', LINE, get('A: b\nC: d')],
  ['refused', 'lf-last-line', 'the empty line is LF', LINE, 'GET /x HTTP/1.1\r\nHost: h\r\n\n'],
  ['refused', 'lf-everywhere', 'no CR at all', LINE, 'GET /x HTTP/1.1\nHost: h\n\n'],
  ['refused', 'lf-hides-request', 'an end of head that only some see', LINE, get(`A: b\n\n${smuggled.trimEnd()}`)],
  ['refused', 'cr-request-line', 'the request line ends in CR', LINE, 'GET /x HTTP/1.1\rHost: h\r\n\r\n'],
  ['refused', 'cr-field', 'a field ends in CR', LINE, get('A: b\rC: d')],
  ['refused', 'cr-everywhere', 'no LF at all', LINE, 'GET /x HTTP/1.1\rHost: h\r\r'],
  ['refused', 'cr-cr-lf', 'CR twice', LINE, get('A: b\r')],
  ['refused', 'cr-end-of-head', 'an end of head of CR and CR LF', LINE, 'GET /x HTTP/1.1\r\nHost: h\r\r\n\r\n'],
  ['refused', 'lf-cr', 'the two the wrong way', LINE, 'GET /x HTTP/1.1\n\rHost: h\n\r\n\r'],
  ['forwarded', 'empty-line-before', 'one empty line before the request line', LINE, `\r\n${get()}`],
  ['either', 'empty-lines-before', 'several empty lines', LINE, `\r\n\r\n\r\n${get()}`],
  ['refused', 'lf-before', 'LF before the request line', LINE, `\n${get()}`],
  ['refused', 'space-before', 'space before the request line', LINE, ` ${get()}`],
  ['refused', 'space-line-before', 'a line of a space', LINE, ` \r\n${get()}`],
  ['refused', 'nul-before', 'NUL before the request line', LINE, `\x00${get()}`],
  ['refused', 'bom-before', 'a byte order mark', LINE, `\xef\xbb\xbf${get()}`],
  ['refused', 'tls-hello', 'another protocol', LINE, `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${'\x00'.repeat(64)}`],
  ['refused', 'http2-preface', 'another version by prior knowledge', 'RFC 9113 §3.4', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['refused', 'proxy-line', 'PROXY protocol where none is spoken', 'PROXY protocol 1', `PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${get()}`],
]);

export const folding = category('folding', [
  ['refused', 'fold-space', 'a continued line', FOLD, get('A: b', ' c')],
  ['refused', 'fold-tab', 'a continued line', FOLD, get('A: b', '\tc')],
  ['refused', 'fold-empty', 'a continued line of space', FOLD, get('A: b', ' ')],
  ['refused', 'fold-first', 'space before the first field', 'RFC 9112 §2.2', noHost(' Host: h')],
  ['refused', 'fold-first-tab', 'tab before the first field', 'RFC 9112 §2.2', noHost('\tHost: h')],
  ['refused', 'fold-length', 'a length in a continued line', FOLD, post(['Content-Length:', ' 5'], 'hello')],
  ['refused', 'fold-hides-length', 'a length that is part of a value', FOLD, post(['A: b', ' Content-Length: 5'], 'hello')],
  ['refused', 'fold-after-bare-cr', 'both at once', FOLD, get('A: b\r c')],
  ['refused', 'fold-host', 'a folded Host', FOLD, noHost('Host: h', ' evil')],
]);

export const names = category('names', [
  ['forwarded', 'name-token-marks', 'every mark of a token', NAME, get("a!#$%&'*+-.^_`|~9: b")],
  ['forwarded', 'name-one-letter', 'short', NAME, get('a: b')],
  ['forwarded', 'name-many-equal', 'one name twice is a list', 'RFC 9110 §5.3', get('A: b', 'a: c')],
  ['refused', 'name-empty', 'no name', NAME, get(': b')],
  ['refused', 'name-no-colon', 'no colon', 'RFC 9112 §5', get('Abc')],
  ['refused', 'name-space-colon', 'space before the colon', 'RFC 9112 §5.1', get('A : b')],
  ['refused', 'name-tab-colon', 'tab before the colon', 'RFC 9112 §5.1', get('A\t: b')],
  ['refused', 'name-inner-space', 'two words', NAME, get('A B: c')],
  ['refused', 'name-nul', 'NUL', NAME, get('A\x00: b')],
  ['refused', 'name-control', 'a control character', NAME, get('A\x01: b')],
  ['refused', 'name-del', 'DEL', NAME, get('A\x7f: b')],
  ['refused', 'name-obs-text', 'beyond ASCII', NAME, get('A\xe9: b')],
  ['refused', 'name-utf8', 'UTF-8', NAME, get('caf\xc3\xa9: b')],
  ['refused', 'name-kelvin', 'K that lower-cases to k', NAME, get('Tulou-\xe2\x84\xaa: b')],
  ...'"(),/;<=>?@[\\]{}'.split('').map((mark) => ['refused', `name-mark-${mark.charCodeAt(0).toString(16)}`, `${mark} is not of a token`, NAME, get(`A${mark}B: c`)] as const),
]);

export const values = category('values', [
  ['forwarded', 'value-empty', 'no value', VALUE, get('A:')],
  ['forwarded', 'value-obs-text', 'octets beyond ASCII are opaque', VALUE, get('A: caf\xe9')],
  ['forwarded', 'value-tabs', 'tabs inside', VALUE, get('A: b\tc')],
  ['forwarded', 'value-colons', 'colons inside', VALUE, get('A: b: c: d')],
  ['forwarded', 'value-8k', 'long, within bounds', VALUE, get(`A: ${'b'.repeat(7000)}`)],
  ['refused', 'value-nul', 'NUL', VALUE, get('A: b\x00c')],
  ['refused', 'value-nul-first', 'NUL', VALUE, get('A: \x00')],
  ['refused', 'value-cr', 'CR', VALUE, get('A: b\rc')],
  ['refused', 'value-lf', 'LF', VALUE, get('A: b\nc')],
  ['refused', 'value-bell', 'a control character', VALUE, get('A: \x07')],
  ['refused', 'value-backspace', 'a control character', VALUE, get('A: b\x08')],
  ['refused', 'value-vertical-tab', 'a control character', VALUE, get('A: \x0bb')],
  ['refused', 'value-form-feed', 'a control character', VALUE, get('A: b\x0c')],
  ['refused', 'value-escape', 'colours for the terminal that reads the log', VALUE, get('A: \x1b[31m')],
  ['refused', 'value-del', 'DEL', VALUE, get('A: \x7f')],
  ['refused', 'value-unit-separator', 'a control character', VALUE, get('A: \x1f')],
]);

export const host = category('host', [
  ['forwarded', 'host-port', 'with a port', HOST, noHost('Host: h:8080')],
  ['forwarded', 'host-ipv6', 'an address in brackets', HOST, noHost('Host: [::1]:80')],
  ['forwarded', 'host-capitals', 'names have no case', HOST, noHost('HOST: H.EXAMPLE')],
  ['refused', 'host-missing', 'HTTP/1.1 needs one', HOST, noHost('A: b')],
  ['refused', 'host-twice', 'two', HOST, noHost('Host: h', 'Host: evil')],
  ['refused', 'host-twice-equal', 'two that agree', HOST, noHost('Host: h', 'Host: h')],
  ['refused', 'host-twice-by-case', 'two names that are one', HOST, noHost('Host: h', 'hOsT: evil')],
  ['refused', 'host-list', 'two in a line', HOST, noHost('Host: h, evil')],
  ['refused', 'host-space', 'a space inside', HOST, noHost('Host: h evil')],
  ['refused', 'host-slash', 'a path inside', HOST, noHost('Host: h/evil')],
  ['refused', 'host-userinfo', 'user information', HOST, noHost('Host: user@h')],
  ['refused', 'host-question', 'a query inside', HOST, noHost('Host: h?evil')],
  ['refused', 'host-fragment', 'a fragment inside', HOST, noHost('Host: h#evil')],
  ['refused', 'host-backslash', 'a slash to some', HOST, noHost('Host: h\\evil')],
  ['refused', 'host-scheme', 'a whole URL', HOST, noHost('Host: http://h')],
  ['refused', 'host-port-letters', 'a port of letters', HOST, noHost('Host: h:80x')],
  ['refused', 'host-port-range', 'a port past 65535', HOST, noHost('Host: h:65536')],
  ['refused', 'host-port-sign', 'a port with a sign', HOST, noHost('Host: h:-1')],
  ['refused', 'host-two-ports', 'two ports', HOST, noHost('Host: h:1:2')],
  ['refused', 'host-open-bracket', 'half a bracket', HOST, noHost('Host: [::1')],
  ['refused', 'host-bracket-rubbish', 'an address with a tail', HOST, noHost('Host: [::1]evil')],
  ['refused', 'host-bracket-name', 'a name in brackets', HOST, noHost('Host: [evil]')],
  ['refused', 'host-obs-text', 'beyond ASCII', HOST, noHost('Host: h\xe9')],
  ['refused', 'host-percent', 'an escape', HOST, noHost('Host: h%2eevil')],
  ['refused', 'host-nul', 'NUL', HOST, noHost('Host: h\x00.evil')],
  ['refused', 'host-comma', 'a comma', HOST, noHost('Host: h,')],
  ['either', 'host-empty', 'empty: lawful where the target has no authority', HOST, noHost('Host:')],
  ['either', 'host-trailing-dot', 'a rooted name', HOST, noHost('Host: h.example.')],
  ['either', 'host-empty-port', 'a colon without a port', HOST, noHost('Host: h:')],
]);
