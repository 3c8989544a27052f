/** Processor time of a call with a key, a known token, a new token, and a token with a proof. README.md says how to read it. */
import { parseArgs } from 'node:util';
import { formatCredential, parseCredential, type SnapshotOf } from '@tulou/contract';
import { sha256 } from '../../packages/server/src/kernel/hash.ts';
import { systemRandom } from '../../packages/server/src/kernel/random.ts';
import { SampleGate } from '../../packages/server/src/gateway/sample-gate.ts';
import { mint, newSigner, prove, thumbprint, world } from '../../packages/server/src/gateway/tokens/sample-issuer.ts';
import { verifyToken } from '../../packages/server/src/gateway/tokens/verify.ts';
import { machine } from '../measure/machine.ts';
import { median, show, table } from '../measure/numbers.ts';

const { values: flags } = parseArgs({
  options: { rounds: { type: 'string', default: '20000' }, smoke: { type: 'boolean', default: false } },
});
const rounds = flags.smoke ? 200 : Number(flags.rounds);
/** Signatures are expensive to make, so those runs are shorter. */
const freshRounds = Math.min(1000, rounds);
const runs = 5;
const path = '/acme/orders/v1/orders/7';
const bearer = (text: string): string[] => ['authorization', `Bearer ${text}`];

const key = formatCredential(
  'live',
  '018f0000-0000-7000-8000-000000000002',
  systemRandom.bytes(8),
  systemRandom.bytes(32),
);
const { id = '', secret = '' } = parseCredential(key) ?? {};
const keyObject: SnapshotOf<'key'> = {
  kind: 'key',
  key: id,
  id: 'key_1',
  tenant: 'ten_2',
  app: 'app_1',
  environment: 'live',
  hash: sha256(secret),
  scopes: ['acme/orders:read'],
  expires_at: null,
};

/** Microseconds of this process's processor time for each of `calls`. */
function measure(calls: number, call: (n: number) => void): number {
  const begun = process.cpuUsage();
  for (let n = 0; n < calls; n += 1) call(n);
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / calls;
}

interface Subject {
  readonly name: string;
  readonly run: (sample: SampleGate, run: number) => number;
}

function expectTaken(sample: SampleGate, fields: readonly string[]): void {
  const { code } = sample.call(path, fields);
  if (code !== '') throw new Error(`a call was refused: ${code}`);
}

const holder = newSigner('holder');

const subjects: readonly Subject[] = [
  { name: 'key', run: (sample) => measure(rounds, () => expectTaken(sample, ['x-api-key', key])) },
  {
    name: 'token, known',
    run: (sample) => {
      const fields = bearer(mint(sample.nowMs));
      return measure(rounds, () => expectTaken(sample, fields));
    },
  },
  {
    name: 'token, first',
    run: (sample, run) => {
      const texts = Array.from({ length: freshRounds }, (_, n) => bearer(mint(sample.nowMs, { jti: `${run}-${n}` })));
      return measure(freshRounds, (n) => expectTaken(sample, texts[n] ?? []));
    },
  },
  {
    name: 'token with a proof',
    run: (sample, run) => {
      const token = mint(sample.nowMs, { cnf: { jkt: thumbprint(holder) } });
      const htu = `https://gateway.test${path}`;
      const fields = Array.from({ length: freshRounds }, (_, n) => [
        ...['authorization', `DPoP ${token}`],
        ...['dpop', prove(holder, token, sample.nowMs, { htu, jti: `${run}-${n}` })],
      ]);
      return measure(freshRounds, (n) => expectTaken(sample, fields[n] ?? []));
    },
  },
  {
    name: 'verification alone',
    run: (sample) => {
      const token = mint(sample.nowMs);
      return measure(freshRounds, () => verifyToken(token, (iss) => sample.gate.state?.issuer(iss), sample.nowMs));
    },
  },
];

const sample = new SampleGate({ proofs: 65_536 });
sample.publish(...Object.values(world), keyObject);
for (const { run } of subjects) run(sample, -1);
const figures = subjects.map(({ name, run }) => [
  name,
  show(median(Array.from({ length: runs }, (_, n) => run(sample, n)))),
]);
process.stdout.write(`${JSON.stringify(machine())}\n\n${table(['call', 'CPU µs'], figures)}\n`);
await sample.close();
