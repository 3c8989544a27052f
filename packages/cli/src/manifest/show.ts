/** Changes and their outcomes in words and colours, and as JSON. */
import { printable, type Paint, type Style } from '../terminal/text.ts';
import type { Change, FieldChange } from './changes.ts';
import type { Outcome } from './execute.ts';

const signs = {
  create: ['+', 'green'],
  update: ['~', 'yellow'],
  delete: ['-', 'red'],
} as const satisfies Record<Change['action'], readonly [string, Style]>;
const pasts = { create: 'created', update: 'changed', delete: 'deleted' } as const;
const fieldLinesMax = 12;
const valueCharactersMax = 100;

/** Each change with its fields, and how many there are. */
export function changeLines(changes: readonly Change[], paint: Paint): string[] {
  const lines = changes.flatMap((change) => {
    const [sign, style] = signs[change.action];
    return [paint(style, `${sign} ${printable(change.address)}`), ...fieldLines(change, paint)];
  });
  return [...lines, paint('bold', countText(changes))];
}

function fieldLines({ action, fields }: Change, paint: Paint): string[] {
  const shown = fields.slice(0, fieldLinesMax).map((field) => `    ${fieldText(action, field, paint)}`);
  const more = fields.length - shown.length;
  return more === 0 ? shown : [...shown, `    … and ${more} more`];
}

function fieldText(action: Change['action'], { path, before, after }: FieldChange, paint: Paint): string {
  const name = `${printable(path)}:`;
  if (action === 'create') return `${name} ${paint('green', valueText(after))}`;
  return `${name} ${paint('red', valueText(before))} → ${paint('green', valueText(after))}`;
}

function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const isLong = text.length > valueCharactersMax;
  return printable(isLong ? `${text.slice(0, valueCharactersMax)}… (${text.length} characters)` : text);
}

/** `2 to create, 1 to change.` */
export function countText(changes: readonly Change[]): string {
  const count = (action: Change['action']) => changes.filter((one) => one.action === action).length;
  const parts = [`${count('create')} to create`, `${count('update')} to change`, `${count('delete')} to delete`];
  return `${parts.filter((part) => !part.startsWith('0')).join(', ')}.`;
}

/** One line for what became of a change. */
export function outcomeLines({ change, status, failure, note }: Outcome, paint: Paint): string[] {
  const address = printable(change.address);
  if (status === 'skipped') return [`${paint('dim', 'not done')}  ${address}`];
  if (status === 'done')
    return [`${paint('green', pasts[change.action].padEnd(8))}  ${address}${note === undefined ? '' : ` (${note})`}`];
  const detail = failure?.facts.detail === undefined ? '' : `: ${printable(failure.facts.detail)}`;
  const file = change.resource.document?.path;
  const places = (failure?.facts.violations ?? []).map((one) => {
    const place = one.line === undefined ? '' : ` ${file === undefined ? '' : `${printable(file)} `}line ${one.line}`;
    return `            ${printable(one.pointer)}${place}  ${printable(one.message)}`;
  });
  const help =
    failure?.facts.help === undefined ? [] : [`            ${paint('cyan', 'help:')} ${printable(failure.facts.help)}`];
  return [`${paint('red', 'failed  ')}  ${address}: ${printable(failure?.message ?? '')}${detail}`, ...places, ...help];
}

/** What was done and what was not. */
export function summaryText(outcomes: readonly Outcome[]): string {
  const count = (status: Outcome['status']) => outcomes.filter((one) => one.status === status).length;
  const done = `${count('done')} done`;
  if (count('done') === outcomes.length) return `${done}.`;
  const skipped = count('skipped') === 0 ? '' : `, ${count('skipped')} not done because of that`;
  return `${done}, ${count('failed')} failed${skipped}. Mend what failed and run it again: what is done stays done.`;
}

export const changeJson = ({ action, resource, address, fields }: Change): unknown => ({
  action,
  kind: resource.kind,
  name: resource.name,
  address,
  fields: fields.map(({ path, before, after }) => ({ path, before: before ?? null, after: after ?? null })),
});

export const outcomeJson = ({ change, status, failure, note }: Outcome): unknown => ({
  action: change.action,
  address: change.address,
  status,
  ...(note === undefined ? {} : { note }),
  ...(failure === undefined
    ? {}
    : { error: failure.facts.problem ?? { title: failure.message, detail: failure.facts.detail } }),
});
