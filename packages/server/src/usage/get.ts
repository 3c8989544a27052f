import {
  errors,
  isErrorCode,
  limits,
  Problem,
  type Environment,
  type Fault,
  type Output,
  type Query,
} from '@tulou/contract';
import type { usage } from '@tulou/contract/operations/usage';
import type { Handler } from '../operations/handler.ts';
import { namesOf, type Names } from './names.ts';
import { holdReferences } from './references.ts';
import { sumGroups, type UsageGroup, type UsageWish } from './sum.ts';

type Item = Output<typeof usage.get>['items'][number];

const minuteMs = 60_000;
const dayMs = 86_400_000;

export const getUsage: Handler<typeof usage.get> = async (scope, { query }, { store, clock }) => {
  const wish = wishOf(query, clock.now());
  const { groups, total, refusals, names } = await store.tenant(scope, async (tx) => {
    await holdReferences(tx, query);
    const summed = await sumGroups(tx, wish);
    return { ...summed, names: await namesOf(tx, summed.groups) };
  });
  return {
    from: wish.from.toISOString(),
    to: wish.to.toISOString(),
    side: query.side ?? 'both',
    total,
    refusals: refusals.map(({ code, requests }) => ({ code, ...wordsOf(code), requests })),
    items: groups.slice(0, query.limit).map((group) => itemOf(group, wish, names)),
    truncated: groups.length > query.limit,
  };
};

/** A code of a newer gateway has no words here. */
const wordsOf = (code: string): { title: string; fault: Fault } =>
  isErrorCode(code) ? { title: errors[code].title, fault: errors[code].fault } : { title: code, fault: 'platform' };

/** Calls are kept by the minute: a range begins with a whole one. */
function wishOf(query: Query<typeof usage.get>, now: number): UsageWish {
  const to = query.to === undefined ? Math.floor(now / minuteMs + 1) * minuteMs : Date.parse(query.to);
  const from = Math.floor((query.from === undefined ? to - dayMs : Date.parse(query.from)) / minuteMs) * minuteMs;
  const fault = from >= to ? 'must be before `to`' : `at most ${limits.usageRangeDaysMax} days before \`to\``;
  if (from >= to || to - from > limits.usageRangeDaysMax * dayMs) {
    throw new Problem('invalid_request', { violations: [{ pointer: 'from', message: fault }] });
  }
  return { ...query, from: new Date(from), to: new Date(to) };
}

function itemOf(group: UsageGroup, { by }: UsageWish, names: Names): Item {
  const { requests, refused, request_bytes, response_bytes, duration_us } = group;
  const named = (kind: keyof Names, id: string) => ({ id, name: names[kind].get(id) ?? null });
  const parts = {
    api: () => ({ api: named('api', group.api) }),
    version: () => ({ version: named('version', group.version) }),
    operation: () => ({ operation: group.operation === '' ? null : group.operation }),
    app: () => ({ app: group.app === '' ? null : named('app', group.app) }),
    key: () => ({ key: group.key === '' ? null : named('key', group.key) }),
    environment: () => ({ environment: group.environment as Environment }),
    status: () => ({ status: group.status }),
    code: () => ({ code: group.code === '' ? null : group.code }),
    minute: () => ({ time: group.time.toISOString() }),
    hour: () => ({ time: group.time.toISOString() }),
    day: () => ({ time: group.time.toISOString() }),
  };
  const told = Object.assign({}, ...by.map((dimension) => parts[dimension]())) as Partial<Item>;
  return { ...told, requests, refused, request_bytes, response_bytes, duration_us };
}
