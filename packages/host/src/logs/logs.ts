/** Lines that instances write, with tags that the host sets, kept in bounded files and handed to control. */
import type { Readable } from 'node:stream';
import { join } from 'node:path';
import { hostingLimits, type ReportedLogLine } from '@tulou/contract/hosting';
import type { Clock } from '../clock.ts';
import { LogFile } from './file.ts';
import { Lines, type LineBounds } from './lines.ts';

export type Tags = Pick<ReportedLogLine, 'service' | 'environment' | 'revision' | 'instance'>;

export const logBounds: LineBounds = {
  charactersMax: hostingLimits.logLineCharactersMax,
  linesPerSecond: 100,
  burstLines: 1000,
  bytesPerSecondMax: 4 * 1024 * 1024,
};

const fileBytesMax = 1024 * 1024;
/** Lines that wait for control; older ones leave first. */
const queuedMax = 20_000;
const tailLines = 30;

export class Logs {
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #files = new Map<string, LogFile>();
  #queued: ReportedLogLine[] = [];

  constructor(dir: string, clock: Clock) {
    this.#dir = dir;
    this.#clock = clock;
  }

  /** Reads a stream to its end. Returns its last lines. */
  follow(tags: Tags, stream: 'stdout' | 'stderr', source: Readable): () => string {
    const lines = new Lines(logBounds, this.#clock.monotonic());
    const last: string[] = [];
    const take = (texts: readonly string[]): void => {
      for (const text of texts) {
        this.#write(tags, stream, text);
        last.push(text);
        if (last.length > tailLines) last.shift();
      }
      const dropped = lines.takeDropped();
      if (texts.length > 0 && dropped > 0)
        this.say(tags, `${dropped} lines of ${stream} were dropped: too many a second.`);
    };
    source.on('data', (chunk: Buffer) => {
      const { lines: texts, pauseMs } = lines.push(chunk, this.#clock.monotonic());
      take(texts);
      if (pauseMs === 0) return;
      source.pause();
      this.#clock.after(pauseMs, () => source.resume());
    });
    source.once('end', () => {
      take(lines.end(this.#clock.monotonic()));
      const dropped = lines.takeDropped();
      if (dropped > 0) this.say(tags, `${dropped} lines of ${stream} were dropped: too many a second.`);
    });
    source.on('error', () => undefined);
    return () => last.filter(isTelling).join('\n');
  }

  /** A line of the host itself. */
  say(tags: Tags, text: string): void {
    this.#write(tags, 'host', text.slice(0, logBounds.charactersMax));
  }

  /** The oldest lines that control has not been given. */
  take(max: number): ReportedLogLine[] {
    return this.#queued.splice(0, max);
  }

  get queued(): number {
    return this.#queued.length;
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.flush()));
  }

  #write(tags: Tags, stream: ReportedLogLine['stream'], text: string): void {
    const line: ReportedLogLine = { ...tags, at_ms: this.#clock.now(), stream, text };
    this.#queued.push(line);
    if (this.#queued.length > queuedMax) this.#queued.splice(0, queuedMax / 10);
    const name = `${tags.service}-${tags.environment}.jsonl`;
    const file = this.#files.get(name) ?? new LogFile(join(this.#dir, name), fileBytesMax);
    this.#files.set(name, file);
    file.add(JSON.stringify(line));
  }
}

/** Frames of a stack and the version of the runtime hide the message of an error. */
const isTelling = (line: string): boolean => !/^\s*(?:at .*|\^+|Node\.js v.*)?$/.test(line);
