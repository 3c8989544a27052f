/** `tulou deploy [DIR]`: packs a folder, uploads it, and releases it as the newest revision of a service. */
import { basename, resolve } from 'node:path';
import { workloadKind, variableName } from '@tulou/contract/hosting';
import { instances } from '@tulou/contract/operations/instances';
import { revisions } from '@tulou/contract/operations/revisions';
import { services } from '@tulou/contract/operations/services';
import type { Client } from '../client.ts';
import { connectionOptions, flagOf, isOn, jsonOption, type Arguments, type Command } from '../command.ts';
import { connect } from '../connection.ts';
import { bundleName, bundleWorker } from '../deploy/bundle.ts';
import { readDependencies } from '../deploy/dependencies.ts';
import { detect, type Detected } from '../deploy/detect.ts';
import { readFolder } from '../deploy/files.ts';
import { currentRelease, releaseRevision } from '../deploy/release.ts';
import { packTar } from '../deploy/tar.ts';
import { upload } from '../deploy/upload.ts';
import type { ExitName } from '../exit.ts';
import { Failure, usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { say, type Text } from '../language/say.ts';
import { ownTenant } from '../operations/own-tenant.ts';
import { callTo, type Fields } from '../operations/reads.ts';
import { printText } from '../terminal/print.ts';

export const deploy: Command = {
  kind: 'command',
  section: 'Files',
  summary: 'Deploy a folder as the newest revision of a service',
  positionals: ['dir?'],
  options: [
    { name: 'tenant', type: 'string', placeholder: 'ID', summary: 'By default the tenant of the credential' },
    {
      name: 'service',
      type: 'string',
      placeholder: 'SLUG',
      summary: 'By default the name of the folder. Created if absent',
    },
    {
      name: 'environment',
      type: 'string',
      choices: ['test', 'live'],
      placeholder: 'test|live',
      summary: 'By default live',
    },
    {
      name: 'kind',
      type: 'string',
      choices: [...workloadKind.options],
      placeholder: 'worker|node',
      summary: 'By default what the folder holds',
    },
    { name: 'entry', type: 'string', placeholder: 'FILE', path: true, summary: 'The file to start, inside the folder' },
    {
      name: 'weight',
      type: 'string',
      placeholder: 'N',
      summary: 'Percent of the calls for the new revision, by default 100; the present revision has the rest',
    },
    {
      name: 'variable',
      type: 'string',
      multiple: true,
      placeholder: 'NAME=VALUE',
      summary: 'An environment variable; repeatable',
    },
    jsonOption,
    ...connectionOptions,
  ],
  examples: ['tulou deploy', 'tulou deploy examples/worker --tenant acme --service hello', 'tulou deploy --weight 10'],
  notes: [
    'A Worker is a module with "export default { fetch }": wrangler.toml, worker.js or "main" of package.json names it. A Node application is started with the file of "start": "node FILE", or with "main".',
    'Name the service as the upstream of a version to call it: tulou versions create … --upstreams service=SLUG',
  ],
  run: deployFolder,
};

interface Target {
  readonly client: Client;
  readonly tenant: string;
  readonly service: string;
}

async function deployFolder(args: Arguments, io: Io): Promise<ExitName> {
  const folder = resolve(io.cwd, args.positionals[0] ?? '.');
  const tell = (text: Text): void => {
    if (!isOn(args, 'json')) printText(text, io.stderr, io);
  };
  const [variables, weight] = [variablesOf(args), weightOf(args)];
  const detected = await detect(folder, wishOf(args), io.files);
  const archive = packTar(await packed(folder, detected, io));
  const entry = detected.kind === 'worker' ? bundleName : detected.entry;
  tell(say`Packed ${entry} (${detected.kind}): ${archive.length} bytes.`);
  const { client } = await connect(args, io);
  const tenant = flagOf(args, 'tenant') ?? (await ownTenant(client, 'tulou deploy --tenant TENANT'));
  const target = { client, tenant, service: flagOf(args, 'service') ?? slugOf(folder, detected) };
  const environment = flagOf(args, 'environment') ?? 'live';
  if (weight < 100) await currentRelease(target, environment);
  const service = await ensureService(target, tell);
  const send = async (isLost: boolean): Promise<Fields> => {
    const progress = (received: number): void => tell(say`Uploaded ${received} of ${archive.length} bytes.`);
    const artifact = await upload(client, tenant, archive, progress, isLost);
    return write(target, revisions.create, { kind: detected.kind, artifact: artifact.id, entry, variables });
  };
  const revision = await send(false).catch((error: unknown) => {
    // The platform knows the artifact, but not its content: a backup was restored without the folder of artifacts.
    if (!(error instanceof Failure) || error.facts.code !== 'state_conflict') throw error;
    return send(true);
  });
  await releaseRevision(target, environment, String(revision['id']), weight);
  tell(
    say`Released revision ${String(revision['number'])} of ${target.service} in ${environment}: ${weight} % of calls.`,
  );
  const state = await stateOf(target, String(revision['id']), environment, io);
  report({ ...target, args, state, revision, address: String(service['address']) }, io);
  return 'ok';
}

interface Deployed extends Target {
  readonly args: Arguments;
  readonly state: State;
  readonly revision: Fields;
  readonly address: string;
}

function report({ args, tenant, service, state, revision, address }: Deployed, io: Io): void {
  if (isOn(args, 'json')) {
    const event = { event: 'deployed', service, revision: revision['id'], state, address };
    io.stdout.write(`${JSON.stringify(event)}\n`);
    return;
  }
  if (state === 'released')
    printText(
      say`No host has started it yet. To see when one has: tulou instances ${tenant} ${service}`,
      io.stderr,
      io,
    );
  io.stdout.write(`${address}\n`);
}

function wishOf(args: Arguments): { kind: 'worker' | 'node' | undefined; entry: string | undefined } {
  const kind = flagOf(args, 'kind');
  return { kind: kind === undefined ? undefined : workloadKind.parse(kind), entry: flagOf(args, 'entry') };
}

function weightOf(args: Arguments): number {
  const text = flagOf(args, 'weight') ?? '100';
  if (/^(?:[1-9]\d?|100)$/.test(text)) return Number(text);
  throw usageFailure(say`"--weight" takes a number from 1 to 100; "${text}" is none.`);
}

function variablesOf(args: Arguments): Readonly<Record<string, string>> {
  const pairs = (args.flags.get('variable') ?? []).map((text) => {
    const at = text.indexOf('=');
    const name = text.slice(0, Math.max(0, at));
    if (variableName.safeParse(name).success) return [name, text.slice(at + 1)] as const;
    throw usageFailure(
      say`"--variable" takes NAME=VALUE with a name that is free for services; "${text.slice(0, 60)}" is not of this form.`,
    );
  });
  return Object.fromEntries(pairs);
}

async function packed(folder: string, { kind, entry, file }: Detected, io: Io) {
  if (kind === 'worker') return bundleWorker(folder, entry);
  const own = await readFolder(folder, io.files);
  return file === undefined ? own : [...own, ...(await readDependencies(folder, file, io.files))];
}

/** A slug of the name of the package, or of the folder. */
function slugOf(folder: string, { file }: Detected): string {
  const name = (file?.name ?? basename(folder)).replace(/^@[^/]*\//, '');
  const slug = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63);
  if (slug !== '') return slug;
  throw usageFailure('Name the service: tulou deploy --service SLUG');
}

async function ensureService({ client, tenant, service }: Target, tell: (text: Text) => void): Promise<Fields> {
  try {
    return (await client.call(callTo(services.get, { tenant, service }))).json as Fields;
  } catch (error) {
    if (!(error instanceof Failure && error.facts.exit === 'missing')) throw error;
  }
  const made = await client.call(callTo(services.create, { tenant }, { body: { slug: service } }));
  tell(say`Created the service ${service}.`);
  return made.json as Fields;
}

async function write(
  { client, tenant, service }: Target,
  operation: typeof revisions.create,
  body: Fields,
): Promise<Fields> {
  return (await client.call(callTo(operation, { tenant, service }, { body }))).json as Fields;
}

/** `ready`: a host has started an instance. `released`: none has yet. */
type State = 'ready' | 'released';

interface Instance {
  readonly revision: string;
  readonly environment: string;
  readonly state: string;
  readonly detail: string | null;
}

const looksMax = 40;
const pauseMs = 500;

/** Waits for the first instance of the revision. Fails where it does not start. */
async function stateOf(
  { client, tenant, service }: Target,
  revision: string,
  environment: string,
  io: Io,
): Promise<State> {
  for (let look = 0; look < looksMax; look += 1) {
    const query = new URLSearchParams({ limit: '200' });
    const { json } = await client.call(callTo(instances.list, { tenant, service }, { query }));
    const own = (json as { items: readonly Instance[] }).items.filter(
      (one) => one.revision === revision && one.environment === environment,
    );
    if (own.some(({ state }) => state === 'ready' || state === 'draining' || state === 'stopped')) return 'ready';
    const failed = own.find(({ state }) => state === 'failed');
    if (failed !== undefined)
      throw new Failure(say`The revision does not start`, {
        exit: 'failed',
        ...(failed.detail === null ? {} : { detail: failed.detail }),
        help: 'Correct the service and deploy it again. Until then, release an earlier revision: tulou releases create',
      });
    await io.sleep(pauseMs);
  }
  return 'released';
}
