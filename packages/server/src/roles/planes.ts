/** Opens planes in a role: connects what they need with what they give, and puts their tables together. Knows none by name. */
import type { Mount } from '../http/listen.ts';
import type { Metrics, MetricTable } from '../kernel/metrics.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import type { Given, SettingTable } from '../kernel/settings.ts';
import { openActing } from '../operations/acting.ts';
import { compileOperations, type Compiled } from '../operations/compiled.ts';
import type { DispatchDeps } from '../operations/dispatch.ts';
import type { Offers } from '../operations/offers.ts';
import type { PlainRoute } from '../operations/plain.ts';
import type { Plane, ServeGround, Served, Worked, WorkGround } from '../operations/plane.ts';
import type { Job } from '../store/job.ts';

/** Reads a table of settings from the flags and the environment (config.ts). */
export type ReadSettings = <S extends SettingTable>(table: S) => Given<S>;

export interface OpenDeps {
  readonly planes: readonly Plane[];
  readonly read: ReadSettings;
  readonly metrics: Metrics;
}

export interface OpenServed {
  readonly operations: readonly Compiled[];
  readonly routes: readonly PlainRoute[];
  readonly mounts: readonly Mount[];
  readonly dispatch: DispatchDeps;
  stop(): Promise<void>;
}

/** Opens what every plane serves. Planes may need each other: offers are connected when all have given theirs. */
export async function openServed(ground: Omit<ServeGround, 'act'>, deps: OpenDeps): Promise<OpenServed> {
  judgeOffers(deps.planes);
  const given = new Map<keyof Offers, unknown>();
  const dispatch: DispatchDeps = {
    ...ground,
    findSignedIn: lateOffers(given, ['findSignedIn']).findSignedIn,
  };
  let table: ReadonlyMap<string, Compiled> = new Map();
  const act = openActing(() => table, dispatch);
  const opened: Served[] = [];
  const stop = async (): Promise<void> => {
    for (const one of opened.toReversed()) await one.stop?.();
  };
  try {
    for (const plane of deps.planes) {
      const { serve } = (await plane.serve?.()) ?? {};
      if (serve === undefined) continue;
      const served = await serve({ ...ground, act }, ownOf(plane, deps), lateOffers(given, plane.needs));
      opened.push(served);
      for (const name of plane.gives) given.set(name, (served.offers as Offers)[name]);
    }
    const operations = compileOperations(opened.flatMap((one) => one.operations));
    table = new Map(operations.map((one) => [one.operation.id, one]));
    return {
      operations,
      routes: opened.flatMap(({ routes = [] }) => routes),
      mounts: opened.flatMap(({ mount }) => mount ?? []),
      dispatch,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export interface OpenWorked {
  readonly jobs: readonly Job[];
  stop(): void;
}

/** Opens what every plane does in the background. */
export async function openWorked(ground: Omit<WorkGround, 'purges'>, deps: OpenDeps): Promise<OpenWorked> {
  const opened: Worked[] = [];
  const purges = () => opened.flatMap(({ purge }) => purge ?? []);
  for (const plane of deps.planes) {
    const { work } = (await plane.work?.()) ?? {};
    if (work !== undefined) opened.push(work({ ...ground, purges }, ownOf(plane, deps)));
  }
  return {
    jobs: opened.flatMap(({ jobs }) => jobs),
    stop: () => opened.forEach((one) => one.stop?.()),
  };
}

function ownOf(plane: Plane, { read, metrics }: OpenDeps): { settings: Given<SettingTable>; metrics: object } {
  return { settings: read(plane.settings), metrics: metrics.of<MetricTable>(plane.metrics) };
}

/** Functions of these names, which look up what was given when they are called. */
function lateOffers(given: ReadonlyMap<keyof Offers, unknown>, names: readonly (keyof Offers)[]): Offers {
  const late = names.map((name) => [
    name,
    (...args: never[]) => (given.get(name) as (...all: never[]) => unknown)(...args),
  ]);
  return Object.fromEntries(late) as Offers;
}

/** A need that no plane gives, or two planes that give the same, is a fault of the program that a start must show. */
function judgeOffers(planes: readonly Plane[]): void {
  const dispatcher = { name: 'of the dispatcher', needs: ['findSignedIn'] as const };
  for (const { name, needs } of [dispatcher, ...planes]) {
    for (const need of needs) {
      const givers = planes.filter(({ gives }) => gives.includes(need)).map((giver) => giver.name);
      if (givers.length === 1) continue;
      const found = givers.length === 0 ? 'no plane gives it' : `${givers.join(' and ')} give it`;
      throw new OperatorError('planes_disagree', `The plane ${name} needs ${need}, and ${found}.`, {
        remedy: 'The list of planes in main.ts is incomplete.',
      });
    }
  }
}
