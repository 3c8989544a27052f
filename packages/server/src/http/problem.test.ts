import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLog } from '../kernel/log.ts';
import { problemAnswer } from './problem.ts';

const log = openLog('test', 'silent');
const answerTo = (code: string): { status: number; headers: object; body: Record<string, unknown> } => {
  const { status, headers, body } = problemAnswer(Object.assign(new Error('secret words'), { code }), 'req', log);
  return { status, headers: headers ?? {}, body: JSON.parse(String(body)) as Record<string, unknown> };
};

for (const [what, codes] of Object.entries({
  'a database that is away, restarts or recovers': [
    'ECONNREFUSED',
    'CONNECTION_CLOSED',
    '57P01',
    '57P02',
    '57P03',
    '08006',
  ],
  'a database that has become a standby': ['25006'],
  'a full disk, memory or table of connections': ['53100', '53200', '53300', '58030', 'ENOSPC'],
  'a lock or a statement that took too long': ['55P03', '57014', '25P03', '40001', '40P01'],
  'a process without file descriptors': ['EMFILE', 'ENFILE'],
})) {
  test(`${what} is unavailable for now, by the platform’s fault, and says when to come again`, () => {
    for (const code of codes) {
      const { status, headers, body } = answerTo(code);
      assert.equal(status, 503, code);
      assert.deepEqual([body['code'], body['fault']], ['unavailable', 'platform']);
      assert.match(String((headers as Record<string, unknown>)['retry-after']), /^\d+$/);
      assert.match(String(body['detail']), /\w/);
      assert.doesNotMatch(JSON.stringify(body), /secret words/);
    }
  });
}

test('what nobody foresaw is a defect, not something to wait for', () => {
  for (const code of ['42501', '42P01', '23505', '22P02', 'XX000', 'ERR_ASSERTION']) {
    assert.equal(answerTo(code).status, 500, code);
  }
});
