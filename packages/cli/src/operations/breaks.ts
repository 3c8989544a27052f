/** Changes of a version that break its callers. */
import { versions } from '@tulou/contract/operations/versions';
import { parse } from 'yaml';
import { say, type Text } from '../language/say.ts';
import { callsOf, callTo, fieldsAt, type Fields, type Subject } from './reads.ts';

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const shownMax = 8;

/** The sentences for a change of a version that serves calls; none if it breaks nothing. */
export async function breaksOf(subject: Subject): Promise<readonly Text[]> {
  const { body } = subject;
  if (!['openapi', 'state', 'upstreams', 'access'].some((field) => field in body)) return [];
  const version = await fieldsAt(subject, versions.get);
  if (version['state'] !== 'live' && version['state'] !== 'deprecated') return [];
  const found = [
    ...stateBreaks(version, body, subject.nowMs),
    ...accessBreaks(version, body),
    ...upstreamBreaks(version, body),
    ...('openapi' in body ? await documentBreaks(subject) : []),
  ];
  if (found.length === 0) return [];
  return [...found, ...(await callsOf(subject, { version: String(version['id']), side: 'provider' }))];
}

function stateBreaks(version: Fields, body: Fields, nowMs: number): Text[] {
  const state = body['state'];
  if (state === 'draft') return ['Calls of this version are no longer routed.'];
  if (state !== 'retired') return [];
  const sunset = body['sunset_at'] ?? version['sunset_at'];
  if (typeof sunset !== 'string')
    return ['Calls of this version are answered 410. It has no sunset date, so callers had no notice.'];
  if (Date.parse(sunset) <= nowMs) return [];
  return [say`Calls of this version are answered 410. Its announced sunset is ${sunset}.`];
}

/** A caller of an open version shows nothing, one of `any` a key or a token. */
function accessBreaks(version: Fields, body: Fields): Text[] {
  const [before, after] = [String(version['access']), body['access']];
  if (typeof after !== 'string' || after === before || after === 'open') return [];
  if (before === 'open') return ['Calls without a credential are rejected.'];
  return after === 'any' ? [] : [say`Calls that do not use this credential are rejected: ${after}.`];
}

function upstreamBreaks(version: Fields, body: Fields): Text[] {
  const count = (list: unknown): number => (Array.isArray(list) ? list.length : 0);
  const isGone = 'upstreams' in body && count(body['upstreams']) === 0 && count(version['upstreams']) > 0;
  return isGone ? ['No upstream is left: calls are answered 502.'] : [];
}

async function documentBreaks({ client, params, body }: Subject): Promise<Text[]> {
  const before = operationsIn((await client.call(callTo(versions.openapi, params))).json);
  const after = new Set(operationsIn(documentOf(body['openapi'])));
  const removed = before.filter((one) => !after.has(one));
  if (removed.length === 0) return [];
  const list = removed.slice(0, shownMax).join(', ') + (removed.length > shownMax ? ', …' : '');
  return [say`The new document removes operations (${removed.length}): ${list}.`];
}

/** A document that cannot be parsed has no operations; the platform reports its faults. */
function documentOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return parse(value, { logLevel: 'silent', maxAliasCount: 100 }) as unknown;
  } catch {
    return undefined;
  }
}

/** `GET /orders/{}` for each operation: the names of path parameters do not matter to callers. */
function operationsIn(document: unknown): string[] {
  const paths = isRecord(document) && isRecord(document['paths']) ? document['paths'] : {};
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(isRecord(item) ? item : {})
      .filter((method) => methods.includes(method))
      .map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{[^}]*\}/g, '{}')}`),
  );
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
