import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { schemaOf } from '../schema.ts';
import { fieldsOf, optionOf, setPath, valueOfFlag } from './fields.ts';

const body = z.object({
  slug: z.string(),
  count: z.int().nullable().default(null),
  on: z.boolean().optional(),
  state: z.enum(['draft', 'live']).optional(),
  hosts: z.array(z.string()).default([]),
  limits: z
    .array(z.object({ requests: z.int(), per: z.enum(['second', 'minute']), by: z.string().default('app') }))
    .default([]),
  upstreams: z.array(z.object({ url: z.string(), weight: z.int().default(1) })).default([]),
  overlap_seconds: z.int().optional(),
});
const schema = schemaOf(body, 'input');
const fields = new Map(fieldsOf(schema).map((field) => [field.field, field]));

function value(name: string, ...texts: string[]): unknown {
  const field = fields.get(name);
  assert.ok(field !== undefined);
  return valueOfFlag(field, texts);
}

const refused = (pattern: RegExp) => (error: unknown) =>
  error instanceof Failure && error.facts.exit === 'usage' && pattern.test(error.message);

test('words become what the schema asks for', () => {
  assert.equal(value('slug', '12'), '12');
  assert.equal(value('count', '1_000'), 1000);
  assert.equal(value('count', 'null'), null);
  assert.equal(value('state', 'live'), 'live');
  assert.deepEqual(value('hosts', 'a.example', 'b.example'), ['a.example', 'b.example']);
  assert.deepEqual(value('hosts', ''), []);
});

test('an object is written as pairs, as YAML, or as the one value it needs', () => {
  assert.deepEqual(value('upstreams', 'http://a/?x=1,y', 'url=http://b,weight=3', '{url: "http://c", weight: 2}'), [
    { url: 'http://a/?x=1,y' },
    { url: 'http://b', weight: 3 },
    { url: 'http://c', weight: 2 },
  ]);
  assert.deepEqual(value('limits', '[{requests: 1, per: second}]', 'requests=5,per=minute'), [
    { requests: 1, per: 'second' },
    { requests: 5, per: 'minute' },
  ]);
});

test('a number that is none, a word that is no choice and an unknown part are refused, by their flag', () => {
  assert.throws(() => value('count', 'many'), refused(/--count.*number/));
  assert.throws(() => value('count', ''), refused(/--count.*number/));
  assert.throws(() => value('state', 'dead'), refused(/--state.*draft, live/));
  assert.throws(() => value('limits', 'requets=5,per=minute'), refused(/requets=5/));
});

test('a flag says what it takes', () => {
  const option = (name: string) => {
    const field = fields.get(name);
    assert.ok(field !== undefined);
    return optionOf(field);
  };
  assert.deepEqual(option('slug'), { name: 'slug', type: 'string', summary: '', placeholder: 'TEXT', required: true });
  assert.equal(option('on').type, 'boolean');
  assert.equal(option('overlap_seconds').name, 'overlap-seconds');
  assert.deepEqual(option('state').choices, ['draft', 'live']);
  assert.equal(option('upstreams').placeholder, 'url=TEXT[,weight=N]');
  assert.equal(option('upstreams').multiple, true);
});

test('--set reaches into what is nested', () => {
  const target: Record<string, unknown> = {};
  setPath(target, 'limits.0.requests=100', schema);
  setPath(target, 'limits.0.per=minute', schema);
  setPath(target, 'limits.1.requests=7', schema);
  setPath(target, 'count=null', schema);
  setPath(target, 'slug=a=b', schema);
  assert.deepEqual(target, { limits: [{ requests: 100, per: 'minute' }, { requests: 7 }], count: null, slug: 'a=b' });
});

test('--set knows what is not there', () => {
  assert.throws(() => setPath({}, 'limits.0.request=1', schema), refused(/request".*Known fields: requests, per, by/));
  assert.throws(() => setPath({}, 'limits.x=1', schema), refused(/"x"/));
  assert.throws(() => setPath({}, 'slug', schema), refused(/PATH=VALUE/));
  assert.throws(() => setPath({}, '__proto__.x=1', schema), refused(/__proto__/));
});

test('whatever is written after --set, nothing but a usage failure comes of it, and no prototype is touched', () => {
  const step = fc.oneof(
    fc.constantFrom('limits', '0', 'requests', '__proto__', 'constructor', 'prototype', 'slug'),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 4 }), fc.string(), (steps, text) => {
      try {
        setPath({}, `${steps.join('.')}=${text}`, schema);
      } catch (error) {
        assert.ok(error instanceof Failure, String(error));
      }
      assert.equal(Object.keys(Object.prototype).length, 0);
    }),
  );
});
