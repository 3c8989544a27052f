/** `tulou calls tail`: follows the calls of a tenant as they come in, by a long poll over `after`. */
import { calls } from '@tulou/contract/operations/calls';
import { flagOf, isOn, type Arguments, type Command, type Group } from '../command.ts';
import { connect } from '../connection.ts';
import type { ExitName } from '../exit.ts';
import { Failure, usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { say } from '../language/say.ts';
import { operationCommand } from '../operations/command.ts';
import { explained } from '../operations/missing.ts';
import { ownTenant } from '../operations/own-tenant.ts';
import { callTo } from '../operations/reads.ts';
import { callOf } from '../operations/request.ts';
import { printText } from '../terminal/print.ts';
import { printable } from '../terminal/text.ts';

/** Options of the list that make no sense for one that goes on. */
const notHere = ['all', 'wide', 'cursor', 'limit', 'after', 'wait-ms'];
const waitMs = 15_000;
const recentShown = 10;
const pageItems = 200;
const pauseMs = 2000;

export const tail: Command = {
  kind: 'command',
  summary: 'Follow the calls to the APIs of a tenant and the calls of its apps as they come in',
  positionals: ['tenant'],
  get options() {
    const own = operationCommand(calls.list).options.filter(({ name }) => !notHere.includes(name));
    return [{ name: 'count', type: 'string' as const, placeholder: 'N', summary: 'Stop after N calls' }, ...own];
  },
  examples: ['tulou calls tail', 'tulou calls tail acme --api orders --status 4xx'],
  notes: [
    'Without a tenant: the tenant of the credential. Calls appear one to two seconds after their end. Under load, the gateway keeps a sample: refused and failed calls first.',
  ],
  run: followCalls,
};

/** The group of the noun, with this command beside those of its operations. */
export const withTail = (group: Group): Group => ({
  ...group,
  summary: [...Object.keys(group.commands), 'tail'].join(', '),
  commands: { ...group.commands, tail },
});

interface Call {
  readonly id: string;
  readonly at: string;
  readonly environment: string;
  readonly api: Named;
  readonly version: Named;
  readonly operation: string | null;
  readonly app: Named | null;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly code: string | null;
  readonly detail: string | null;
  readonly cause: string | null;
  readonly duration_us: number;
}

interface Named {
  readonly id: string;
  readonly name: string | null;
}

interface Listed {
  readonly items: readonly Call[];
  readonly after: string;
}

async function followCalls(args: Arguments, io: Io): Promise<ExitName> {
  const { client } = await connect(args, io);
  const tenant = args.positionals[0] ?? flagOf(args, 'tenant') ?? (await ownTenant(client, 'tulou calls tail TENANT'));
  const flags = new Map([...args.flags].filter(([name]) => name !== 'tenant'));
  const { query = new URLSearchParams() } = await callOf(calls.list, { ...args, flags, positionals: [tenant] }, io);
  const read = async (more: Readonly<Record<string, string>>): Promise<Listed> => {
    const asked = new URLSearchParams({ ...Object.fromEntries(query), ...more });
    return (await client.call(callTo(calls.list, { tenant }, { query: asked }))).json as Listed;
  };
  const first = await read({ limit: String(recentShown) }).catch(async (error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    throw await explained(error, {
      operation: calls.list,
      params: { tenant },
      query: new URLSearchParams(),
      body: undefined,
      client,
    });
  });
  let left = countOf(args);
  let place = first.after;
  for (let items = first.items.toReversed(); ;) {
    for (const call of items.slice(0, left)) print(call, args, io);
    left -= items.length;
    if (left <= 0) return 'ok';
    const next = await patiently(() => read({ after: place, wait_ms: String(waitMs), limit: String(pageItems) }), io);
    items = [...next.items];
    place = next.after;
  }
}

function countOf(args: Arguments): number {
  const text = flagOf(args, 'count');
  if (text === undefined) return Infinity;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw usageFailure(say`"--count" takes a number above 0; "${text}" is none.`);
}

/** A platform that restarts is asked again until it is back; everything else ends the tail. */
async function patiently(read: () => Promise<Listed>, io: Io): Promise<Listed> {
  for (let isSaid = false; ; isSaid = true) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof Failure) || error.facts.exit !== 'unreachable') throw error;
      if (!isSaid) printText('The platform is not available. Waiting for it.', io.stderr, io);
      await io.sleep(pauseMs);
    }
  }
}

function print(call: Call, args: Arguments, io: Io): void {
  io.stdout.write(isOn(args, 'json') ? `${JSON.stringify(call)}\n` : `${lineOf(call)}\n`);
}

/** `10:00:01.123 403 POST /acme/orders/v1/orders orders/v1 dev/shop scope_required 12 ms req_…`, and why. */
function lineOf(call: Call): string {
  const name = ({ id, name: known }: Named): string => known ?? id;
  const parts = [
    call.at.slice(11, 23),
    String(call.status),
    call.method,
    call.path,
    `${name(call.api)}/${name(call.version)}`,
    call.app === null ? '-' : name(call.app),
    ...(call.environment === 'test' ? ['test'] : []),
    ...(call.code === null ? [] : [call.code]),
    ...(call.cause === null ? [] : [call.cause]),
    `${Math.round(call.duration_us / 1000)} ms`,
    call.id,
  ].map(printable);
  return [parts.join('  '), ...(call.detail === null ? [] : [`    ${printable(call.detail)}`])].join('\n');
}
