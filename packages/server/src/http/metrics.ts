/** Counters for `/metrics`, in Prometheus' text format 0.0.4. Cheap enough for every request; nothing is sampled. */

export interface Counter {
  /** Adds to the series of these label values, in the order of the label names. */
  add(values: readonly string[], amount?: number): void;
}

export interface Metrics {
  counter(name: string, help: string, labels: readonly string[]): Counter;
  /** All counters as text. */
  render(): string;
}

export function openMetrics(): Metrics {
  const families: (() => string)[] = [];
  return {
    counter(name, help, labels) {
      const series = new Map<string, number>();
      families.push(() => {
        const lines = [...series].map(([key, value]) => `${name}${key} ${value}`);
        return [`# HELP ${name} ${help}`, `# TYPE ${name} counter`, ...lines].join('\n');
      });
      return {
        add(values, amount = 1) {
          const pairs = labels.map((label, i) => `${label}="${escape(values[i] ?? '')}"`);
          const key = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
          series.set(key, (series.get(key) ?? 0) + amount);
        },
      };
    },
    render: () => families.map((family) => `${family()}\n`).join(''),
  };
}

const escape = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
