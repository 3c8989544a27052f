/**
 * Metrics of the roles that answer or work beside the gateway, declared as data: what a plane measures is a table of its
 * manifest, the reference page is generated from it, and `/metrics` renders it in Prometheus text format 0.0.4.
 */

export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface MetricDefinition {
  readonly type: MetricType;
  /** `tulou_<plane>_<what>_<unit>`, `_total` where it counts. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram, ascending. */
  readonly buckets?: readonly number[];
}

export type MetricTable = Readonly<Record<string, MetricDefinition>>;

export interface Counter {
  /** Adds to the series of these label values, in the order of the label names. */
  add(values: readonly string[], amount?: number): void;
}

export interface Gauge {
  set(values: readonly string[], value: number): void;
}

export interface Histogram {
  observe(values: readonly string[], value: number): void;
}

interface Instruments {
  readonly counter: Counter;
  readonly gauge: Gauge;
  readonly histogram: Histogram;
}

/** The instruments of a table, under the same keys. */
export type Measured<T extends MetricTable> = { readonly [K in keyof T]: Instruments[T[K]['type']] };

/** Declares a metric that only grows. */
export const counter = (name: string, help: string, labels: readonly string[] = []) =>
  ({ type: 'counter', name, help, labels }) as const;

/** Declares a metric that is set. */
export const gauge = (name: string, help: string, labels: readonly string[] = []) =>
  ({ type: 'gauge', name, help, labels }) as const;

/** Declares a distribution, in seconds where nothing else is said. The default bounds fit requests: 1 ms to 10 s. */
export const histogram = (
  name: string,
  help: string,
  labels: readonly string[] = [],
  buckets: readonly number[] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
) => ({ type: 'histogram', name, help, labels, buckets }) as const;

export interface Metrics {
  /** Makes the instruments of a table. A name is declared once in a process. */
  of<T extends MetricTable>(table: T): Measured<T>;
  /** All metrics as text. */
  render(): string;
}

/** Series of one metric are bounded: past this many, new label values are counted under `other`. */
const seriesMax = 2000;

/** A registry: one for each process. */
export function openMetrics(): Metrics {
  const families = new Map<string, () => string>();
  return {
    of<T extends MetricTable>(table: T): Measured<T> {
      const made = Object.entries(table).map(([key, definition]) => {
        if (families.has(definition.name)) throw new Error(`the metric ${definition.name} is declared twice`);
        const family = makers[definition.type](definition);
        families.set(definition.name, () => `${headOf(definition)}${family.lines().join('')}`);
        return [key, family.instrument];
      });
      return Object.fromEntries(made) as Measured<T>;
    },
    render: () => [...families.values()].map((family) => family()).join(''),
  };
}

const headOf = ({ name, help, type }: MetricDefinition): string => `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;

interface Family {
  readonly instrument: Counter | Gauge | Histogram;
  readonly lines: () => string[];
}

const makers: { readonly [T in MetricType]: (definition: MetricDefinition) => Family } = {
  counter({ name, labels }) {
    const series = new Series(labels, () => ({ value: 0 }));
    const add = (values: readonly string[], amount = 1): void => void (series.of(values).value += amount);
    return { instrument: { add }, lines: () => series.map((key, { value }) => `${name}${braces(key)} ${value}\n`) };
  },
  gauge({ name, labels }) {
    const series = new Series(labels, () => ({ value: 0 }));
    const set = (values: readonly string[], value: number): void => void (series.of(values).value = value);
    return { instrument: { set }, lines: () => series.map((key, { value }) => `${name}${braces(key)} ${value}\n`) };
  },
  histogram({ name, labels, buckets = [] }) {
    const series = new Series(labels, () => ({ counts: Array<number>(buckets.length).fill(0), sum: 0, count: 0 }));
    const observe = (values: readonly string[], value: number): void => {
      const one = series.of(values);
      one.sum += value;
      one.count += 1;
      for (const [i, bound] of buckets.entries()) if (value <= bound) one.counts[i] = (one.counts[i] ?? 0) + 1;
    };
    const lines = (): string[] =>
      series.map((key, { counts, sum, count }) => {
        const bounded = buckets.map((bound, i) => `${name}_bucket${braces(key, `le="${bound}"`)} ${counts[i] ?? 0}\n`);
        const all = `${name}_bucket${braces(key, 'le="+Inf"')} ${count}\n`;
        return `${bounded.join('')}${all}${name}_sum${braces(key)} ${sum}\n${name}_count${braces(key)} ${count}\n`;
      });
    return { instrument: { observe }, lines };
  },
};

/** The series of one metric, by their label values. */
class Series<T> {
  readonly #labels: readonly string[];
  readonly #make: () => T;
  readonly #series = new Map<string, T>();

  constructor(labels: readonly string[], make: () => T) {
    this.#labels = labels;
    this.#make = make;
  }

  of(values: readonly string[]): T {
    const key = this.#keyOf(values);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const free = this.#series.size < seriesMax ? key : this.#keyOf(this.#labels.map(() => 'other'));
    const made = this.#series.get(free) ?? this.#make();
    this.#series.set(free, made);
    return made;
  }

  map<U>(each: (key: string, one: T) => U): U[] {
    return [...this.#series].map(([key, one]) => each(key, one));
  }

  #keyOf(values: readonly string[]): string {
    return this.#labels.map((label, i) => `${label}="${escape(values[i] ?? '')}"`).join(',');
  }
}

const braces = (...pairs: readonly string[]): string => {
  const given = pairs.filter((pair) => pair !== '');
  return given.length === 0 ? '' : `{${given.join(',')}}`;
};

const escape = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
