/**
 * The gateway's configuration in its main thread. It comes from the disk at the start and from control afterwards, and goes
 * to the threads and to the disk. If the disk lacks answers that were stored before, nothing from it is served: otherwise the
 * gateway could accept a key whose revocation is in the missing part.
 */
import type { SnapshotChange, SnapshotHead } from '@tulou/contract';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Random } from '../../kernel/random.ts';
import { Catalogue } from './catalogue.ts';
import { SnapshotDisk } from './disk.ts';
import { Feed, type FeedOptions } from './feed.ts';
import { Freshness } from './freshness.ts';
import type { SnapshotMessage } from './messages.ts';

export interface ConfigurationOptions extends FeedOptions {
  readonly folder: string;
  /** Passes a message on to the threads. */
  readonly tell: (message: SnapshotMessage) => void;
}

export interface ConfigurationDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly fetch: typeof fetch;
}

/** The state of the configuration, for operators. */
export interface ConfigurationFigures {
  readonly seq: number;
  readonly ageSeconds: number;
  readonly stale: boolean;
  readonly objects: number;
  readonly keys: number;
  readonly quarantined: number;
  readonly unknown: number;
  readonly feedErrors: number;
}

const damagedReason =
  'the configuration on disk is damaged and may miss revocations: calls are refused until control has answered';

export class Configuration {
  readonly freshness = new Freshness(Freshness.memory());
  readonly #options: ConfigurationOptions;
  readonly #deps: ConfigurationDeps;
  readonly #catalogue = new Catalogue();
  readonly #disk: SnapshotDisk;
  readonly #feed: Feed;
  /** The next answer must be a full one. */
  #wantsAll = false;
  /** The current configuration may be served. */
  #isTrusted = false;
  #isDamaged = false;
  readonly #toldKinds = new Set<string>();

  constructor(options: ConfigurationOptions, deps: ConfigurationDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#disk = new SnapshotDisk(options.folder, deps);
    this.#feed = new Feed(options, {
      ...deps,
      position: () => (this.#wantsAll ? undefined : this.#catalogue.position),
      take: (head, changes) => this.#take(head, changes),
    });
  }

  /** Reads the disk. */
  load(): void {
    const found = this.#disk.load((head, changes) => {
      if (this.#catalogue.refusal(head) === undefined) this.#catalogue.apply(head, changes);
    });
    this.#isTrusted = found === 'complete' || found === 'unverified';
    this.#isDamaged = found === 'incomplete';
    this.#wantsAll = found === 'incomplete' || found === 'unverified';
    if (this.#isDamaged)
      this.#deps.log.error(
        { sequence: this.#catalogue.position?.seq },
        `${damagedReason}; check the disk of this gateway`,
      );
    this.#report(0);
  }

  /** The whole configuration, for a thread that starts; undefined: nothing may be served. */
  everything(): SnapshotMessage | undefined {
    return this.#isTrusted ? this.#catalogue.everything() : undefined;
  }

  run(): void {
    void this.#feed.run();
  }

  stop(): void {
    this.#feed.stop();
  }

  close(): Promise<void> {
    return this.#disk.close();
  }

  /** Every second: after a gap in the files, requests one full answer as soon as the disk works again. */
  async keepHouse(): Promise<void> {
    this.#disk.check();
    this.#wantsAll ||= this.#disk.behind && this.#disk.works();
    await this.#disk.foldIfGrown();
  }

  /** The reason why no call can be served; undefined: calls can be served. */
  unready(): string | undefined {
    if (this.#isTrusted) return undefined;
    return this.#isDamaged ? damagedReason : 'no configuration yet, neither on disk nor from control';
  }

  /** Whether the disk refuses the answers of control. */
  get isBehind(): boolean {
    return this.#disk.behind && !this.#wantsAll;
  }

  /** A problem that an operator should see although calls are served. */
  note(): string | undefined {
    const { quarantined, quarantine } = this.#catalogue;
    const stale = this.#isStale() ? ['the configuration is stale: scopes of high risk are refused'] : [];
    if (quarantined === 0) return stale[0];
    const some = [...quarantine].slice(0, 20).map(([name, reason]) => `  ${name}: ${reason}`);
    return [...stale, `${quarantined} broken objects keep their last good state:`, ...some].join('\n');
  }

  figures(): ConfigurationFigures {
    const { confirmedAtMs, errors } = this.#feed;
    return {
      seq: this.#catalogue.position?.seq ?? 0,
      ageSeconds: confirmedAtMs === undefined ? -1 : (this.#deps.clock.monotonic() - confirmedAtMs) / 1000,
      stale: this.#isStale(),
      objects: this.#catalogue.objectCount,
      keys: this.#catalogue.keyCount,
      quarantined: this.#catalogue.quarantined,
      unknown: this.#catalogue.unknown,
      feedErrors: errors,
    };
  }

  #isStale(): boolean {
    return this.freshness.isStale(this.#deps.clock.now());
  }

  /** Takes an answer of control. The threads get it first: nothing may delay a change for them, least of all a full disk. */
  #take(head: SnapshotHead, changes: readonly SnapshotChange[]): string | undefined {
    const refusal = this.#refusal(head);
    if (refusal !== undefined) return refusal;
    this.freshness.confirm(this.#deps.clock.now());
    const before = this.#catalogue.quarantined;
    const { message, quarantined, carried } = this.#catalogue.apply(head, changes);
    if (!head.full && changes.length === 0) return undefined;
    this.#isTrusted = true;
    this.#options.tell(message());
    this.#disk.keep(head, [...carried, ...changes], quarantined);
    if (head.full) this.#wantsAll = false;
    this.#report(before);
    return undefined;
  }

  #refusal(head: SnapshotHead): string | undefined {
    if (!this.#isTrusted && !head.full) return 'a change came before the whole that it changes';
    return this.#catalogue.refusal(head);
  }

  #report(before: number): void {
    const { quarantined, quarantine, unknownKinds } = this.#catalogue;
    for (const kind of unknownKinds) {
      if (this.#toldKinds.has(kind)) continue;
      this.#toldKinds.add(kind);
      this.#deps.log.warn(
        { kind },
        'control publishes objects of a kind that this gateway does not know; they are kept. Update this gateway to use them',
      );
    }
    if (quarantined <= before) return;
    const [name, reason] = [...quarantine].at(-1) ?? [];
    const fields = { quarantined, last: name, reason };
    this.#deps.log.error(fields, 'configuration objects are broken; each keeps its last good state');
  }
}
