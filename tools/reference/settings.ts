/** The reference pages of settings and metrics, made from where the program declares them. */
import { programSettings } from '../../packages/server/src/config.ts';
import { renderMetrics as renderGateway, ThreadMetrics } from '../../packages/server/src/gateway/metrics.ts';
import { type MetricDefinition, type MetricTable } from '../../packages/server/src/kernel/metrics.ts';
import type { Setting, SettingTable } from '../../packages/server/src/kernel/settings.ts';
import { admissionMetrics } from '../../packages/server/src/http/refusals.ts';
import { admissionSettings } from '../../packages/server/src/operations/admission-settings.ts';
import { callMetrics } from '../../packages/server/src/operations/measure.ts';
import type { Plane } from '../../packages/server/src/operations/plane.ts';
import { planes as realPlanes } from '../../packages/server/src/planes.ts';
import { workerMetrics } from '../../packages/server/src/roles/worker.ts';

type Described = Pick<Plane, 'name' | 'settings' | 'metrics'>;

/** `docs/reference/settings.md`. */
export function renderSettings(planes: readonly Described[] = realPlanes): string {
  const sections = [
    section('The program', programSettings),
    section('Admission at the control API', admissionSettings),
    ...planes
      .filter(({ settings }) => Object.keys(settings).length > 0)
      .map(({ name, settings }) => section(titled(name), settings)),
  ];
  return [
    '# Settings',
    '',
    'Generated from the code by `npm run generate`. Do not edit.',
    '',
    'A setting is an environment variable. Where a flag of the command line has the same meaning, the flag takes precedence. `tulou up`',
    'gives each role only the settings that the role reads.',
    '',
    ...sections.flat(),
  ].join('\n');
}

const titled = (plane: string): string => `${plane.charAt(0).toUpperCase()}${plane.slice(1)}`;

function section(title: string, table: SettingTable): string[] {
  const rows = Object.values(table).map(settingRow);
  return [
    `## ${title}`,
    '',
    '| variable | meaning | default | example | roles |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ];
}

function settingRow({ variable, flag, doc, default: fallback = '', example, roles, secret }: Setting): string {
  const names = flag === undefined ? `\`${variable}\`` : `\`${variable}\`, \`--${flag}\``;
  const note = secret === true ? ' The value is a secret: it is in no message and no log.' : '';
  return row([names, `${doc}${note}`, fallback, `\`${example}\``, roles.join(', ')]);
}

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** `docs/reference/metrics.md`. */
export function renderMetrics(planes: readonly Described[] = realPlanes): string {
  const own = planes.filter(({ metrics }) => Object.keys(metrics).length > 0);
  return [
    '# Metrics',
    '',
    'Generated from the code by `npm run generate`. Do not edit.',
    '',
    'Every role serves `/metrics` on its admin listener, in Prometheus text format 0.0.4.',
    '',
    ...metricSection('Gateway', gatewayMetrics()),
    ...metricSection('Control: every operation', Object.values<MetricDefinition>(callMetrics)),
    ...metricSection('Control: admission', Object.values<MetricDefinition>(admissionMetrics)),
    ...own.flatMap(({ name, metrics }) =>
      metricSection(`Control: ${name}`, Object.values(metrics satisfies MetricTable)),
    ),
    ...metricSection('Worker', Object.values<MetricDefinition>(workerMetrics)),
  ].join('\n');
}

interface MetricRow {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

function metricSection(title: string, metrics: readonly MetricRow[]): string[] {
  const rows = metrics.map(({ name, type, labels, help }) =>
    row([`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help]),
  );
  return [`## ${title}`, '', '| name | type | labels | meaning |', '|---|---|---|---|', ...rows, ''];
}

/** The gateway renders from shared memory: its families are read from what it says with nothing counted. */
function gatewayMetrics(): MetricRow[] {
  const figures = new Proxy({}, { get: () => 0 }) as Parameters<typeof renderGateway>[1];
  const text = renderGateway([new ThreadMetrics(ThreadMetrics.memory())], figures);
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\w+)/gm)].map(([, name = '', help = '', type = '']) => ({
    name,
    type,
    help,
    labels: labelsOf[name] ?? [],
  }));
}

/** A family that has counted nothing shows no labels. */
const labelsOf: Readonly<Record<string, readonly string[]>> = {
  tulou_gateway_requests_total: ['class'],
  tulou_gateway_refusals_total: ['code'],
  tulou_gateway_request_duration_seconds: ['le'],
};
