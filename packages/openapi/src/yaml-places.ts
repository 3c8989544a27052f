/** The way back from a path to an offset in the YAML text, over the events that the parser gave. */
import {
  COLLECTION_STYLE,
  EVENT_ID,
  getScalarValue,
  SCALAR_STYLE,
  type Event,
  type MappingEvent,
  type SequenceEvent,
} from 'js-yaml';

type Container = MappingEvent | SequenceEvent;

export class Places {
  readonly #text: string;
  readonly #events: readonly Event[];
  /** For each event: the event after its node. */
  readonly #after: Int32Array;
  readonly #aliased = new Map<number, number>();

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
    this.#after = new Int32Array(events.length);
  }

  /** Notes the event after a node. */
  end(index: number, next: number): void {
    this.#after[index] = next;
  }

  /** Notes the node that an alias refers to. */
  alias(index: number, target: number): void {
    this.#aliased.set(index, target);
  }

  /** Where the node of an event begins, as an offset. */
  startOf(index: number): number {
    const event = this.#events[index];
    if (event?.type === EVENT_ID.SCALAR) {
      const isQuoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
      return Math.max(0, event.valueStart - (isQuoted ? 1 : 0));
    }
    if (event?.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
    return event?.type === EVENT_ID.MAPPING || event?.type === EVENT_ID.SEQUENCE ? event.start : 0;
  }

  /** Follows a path down to its node; stops at the last one that is there. */
  find(path: readonly string[], at: 'key' | 'value'): number {
    let node = this.#events[0]?.type === EVENT_ID.DOCUMENT ? 1 : 0;
    let offset = this.startOf(node);
    for (const [depth, key] of path.entries()) {
      node = this.#aliased.get(node) ?? node;
      const found = this.#step(node, key);
      if (found === undefined) break;
      const isKey =
        found.key !== undefined && (this.#isBlock(found.value) || (depth === path.length - 1 && at === 'key'));
      offset = this.startOf(isKey ? (found.key ?? found.value) : found.value);
      node = found.value;
    }
    return offset;
  }

  /** An object in block style begins at its first key, and an empty value nowhere: the key is the better place. */
  #isBlock(index: number): boolean {
    const event = this.#events[index];
    if (event?.type === EVENT_ID.SCALAR) return event.valueStart === event.valueEnd && this.#isPlain(index);
    return event?.type !== EVENT_ID.ALIAS && (event as Container).style === COLLECTION_STYLE.BLOCK;
  }

  #step(container: number, key: string): { readonly key?: number; readonly value: number } | undefined {
    const isMap = this.#events[container]?.type === EVENT_ID.MAPPING;
    if (!isMap && this.#events[container]?.type !== EVENT_ID.SEQUENCE) return undefined;
    let last: { readonly key?: number; readonly value: number } | undefined;
    let position = 0;
    for (let index = container + 1; index < this.#events.length; position += 1) {
      if (this.#events[index]?.type === EVENT_ID.POP) return last;
      const value = isMap ? this.#past(index) : index;
      if (isMap && this.#keyText(index) === key) last = { key: index, value };
      if (!isMap && String(position) === key) return { value };
      index = this.#past(value);
    }
    return last;
  }

  #past(index: number): number {
    return Math.max(index + 1, this.#after[index] ?? 0);
  }

  #keyText(index: number): string | undefined {
    const event = this.#events[this.#aliased.get(index) ?? index];
    return event?.type === EVENT_ID.SCALAR ? getScalarValue(this.#text, event) : undefined;
  }

  #isPlain(index: number): boolean {
    const event = this.#events[index];
    return event?.type === EVENT_ID.SCALAR && event.style === SCALAR_STYLE.PLAIN;
  }
}
