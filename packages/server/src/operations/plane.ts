/**
 * A plane as data. `<plane>/plane.ts` is its manifest: light, it imports no other part of the plane. `serve.ts` and `work.ts`
 * are loaded by the role that runs them, close over the plane's own dependencies, and give operations, routes and jobs.
 * Only `main.ts` names planes; adding one is its folder and a line there.
 */
import type { SnapshotObject } from '@tulou/contract';
import type { Mount } from '../http/listen.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Measured, MetricTable } from '../kernel/metrics.ts';
import type { Random } from '../kernel/random.ts';
import type { Vault } from '../kernel/seal.ts';
import type { Given, SettingTable } from '../kernel/settings.ts';
import type { Job } from '../store/job.ts';
import type { Store, SystemTx } from '../store/store.ts';
import type { Act } from './acting.ts';
import type { Bound, Deps } from './handler.ts';
import type { Offers } from './offers.ts';
import type { PlainRoute } from './plain.ts';

/** The dependencies of every plane in the role that serves people and programs. */
export interface ServeGround extends Deps {
  readonly vault: Vault;
  readonly act: Act;
}

/** The same in the role that works in the background. */
export interface WorkGround {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The work of every plane before a tenant's rows are deleted. */
  readonly purges: () => readonly Purge[];
}

/**
 * Ends what a tenant has with others, before its rows are deleted. Runs in one transaction with those of all planes, and may
 * run twice.
 */
export type Purge = (tx: SystemTx, tenantUuid: string) => Promise<void>;

/** The settings and metrics that the manifest declares, opened. */
export interface Own<S extends SettingTable, M extends MetricTable> {
  readonly settings: Given<S>;
  readonly metrics: Measured<M>;
}

export interface Served<G extends keyof Offers = never> {
  readonly operations: readonly Bound[];
  readonly routes?: readonly PlainRoute[];
  /** A program of its own on the platform's listener. */
  readonly mount?: Mount;
  readonly offers: Pick<Offers, G>;
  readonly stop?: () => Promise<void>;
}

export interface Worked {
  readonly jobs: readonly Job[];
  readonly purge?: Purge;
  readonly stop?: () => void;
}

interface Manifest<S extends SettingTable, M extends MetricTable, N extends keyof Offers, G extends keyof Offers> {
  readonly name: string;
  readonly settings: S;
  /** Tables that this plane alone writes. */
  readonly tables: readonly string[];
  /** Tables of other planes that it reads. */
  readonly reads: readonly string[];
  /** Kinds of snapshot objects that it alone publishes. */
  readonly kinds: readonly SnapshotObject['kind'][];
  readonly metrics: M;
  readonly needs: readonly N[];
  readonly gives: readonly G[];
  readonly serve?: () => Promise<{
    serve(ground: ServeGround, own: Own<S, M>, needs: Pick<Offers, N>): Served<G> | Promise<Served<G>>;
  }>;
  readonly work?: () => Promise<{ work(ground: WorkGround, own: Own<S, M>): Worked }>;
}

/** A plane as the roles see it, without its type parameters. */
export type Plane = Omit<Manifest<SettingTable, MetricTable, keyof Offers, keyof Offers>, 'serve' | 'work'> & {
  readonly serve?: () => Promise<{
    serve(ground: ServeGround, own: unknown, needs: Offers): Served | Promise<Served>;
  }>;
  readonly work?: () => Promise<{ work(ground: WorkGround, own: unknown): Worked }>;
};

/** Declares a plane. The types of settings, metrics and offers are checked here, where all are known. */
export const plane = <
  const S extends SettingTable,
  const M extends MetricTable,
  N extends keyof Offers = never,
  G extends keyof Offers = never,
>(
  manifest: Manifest<S, M, N, G>,
): Plane => manifest;
