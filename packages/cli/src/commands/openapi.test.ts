import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStage } from '../../test/stage.ts';

const head = 'openapi: 3.0.3\ninfo: {title: Orders, version: "1"}\n';
const fine = '{get: {responses: {"200": {description: fine}}}}';

test('a document is checked without a platform: each finding with severity and place, exit code 1 on an error', async () => {
  await using stage = await openStage({ NO_COLOR: '1' });
  const { writeFile } = stage.io().files;
  await writeFile(`${stage.dir}/good.yaml`, `${head}paths:\n  /a: ${fine}\n`);
  await writeFile(`${stage.dir}/odd.yaml`, `${head}tags: [{name: a}, {name: a}]\npaths:\n  /a: ${fine}\n`);
  await writeFile(`${stage.dir}/bad.yaml`, `${head}paths:\n  /a: ${fine}\n  b: ${fine}\n`);
  const good = await stage.tulou(['openapi', 'check', 'good.yaml']);
  assert.deepEqual([good.code, good.out], [0, 'good.yaml can be published with 1 operation: 0 errors, 0 warnings.\n']);
  const odd = await stage.tulou(['openapi', 'check', 'odd.yaml']);
  assert.equal(odd.code, 0);
  assert.match(odd.out, /^odd\.yaml:3:26 {2}warning {2}The tag "a" is declared a second time/m);
  assert.equal((await stage.tulou(['openapi', 'check', 'odd.yaml', '--strict'])).code, 1);
  const bad = await stage.tulou(['openapi', 'check', 'bad.yaml']);
  assert.equal(bad.code, 1);
  assert.match(bad.out, /^bad\.yaml:5:3 {2}error {2}"b" is not a path/m);
  assert.match(
    bad.out,
    /can be published with 1 operation, without 1 operation that an error touches: 1 error, 0 warnings/,
  );
});

test('for programs the findings are JSON', async () => {
  await using stage = await openStage();
  await stage.io().files.writeFile(`${stage.dir}/x.yaml`, 'swagger: "2.0"\n');
  const ran = await stage.tulou(['openapi', 'check', 'x.yaml', '--json']);
  assert.equal(ran.code, 1);
  const { publishable, errors, findings } = JSON.parse(ran.out) as {
    publishable: boolean;
    errors: number;
    findings: { severity: string; line: number; message: string }[];
  };
  assert.deepEqual([publishable, errors, findings.length, findings[0]?.line], [false, 1, 1, 1]);
  assert.match(findings[0]?.message ?? '', /Convert it/);
});

test('a file that is not there is named', async () => {
  await using stage = await openStage();
  const ran = await stage.tulou(['openapi', 'check', 'gone.yaml']);
  assert.equal(ran.code, 1);
  assert.match(ran.err, /The file gone\.yaml cannot be read/);
});
