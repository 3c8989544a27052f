/** Changes and their outcomes as text with colours, and as JSON. */
import type { Language } from '@tulou/contract';
import { inLanguage, joined, say, type Text } from '../language/say.ts';
import { padded, printable, type Paint, type Style } from '../terminal/text.ts';
import type { Change, FieldChange } from './changes.ts';
import type { Outcome } from './execute.ts';
import type { Refusal } from './refusals.ts';

const signs = {
  create: ['+', 'green'],
  update: ['~', 'yellow'],
  delete: ['-', 'red'],
} as const satisfies Record<Change['action'], readonly [string, Style]>;
const pasts = { create: 'created', update: 'changed', delete: 'deleted' } as const;
const fieldLinesMax = 12;
const valueCharactersMax = 100;

/** Each change with its fields, and the number of changes. */
export function changeLines(changes: readonly Change[], paint: Paint, language: Language): string[] {
  const lines = changes.flatMap((change) => {
    const [sign, style] = signs[change.action];
    return [paint(style, `${sign} ${printable(change.address)}`), ...fieldLines(change, paint)];
  });
  return [...lines, paint('bold', inLanguage(countText(changes), language))];
}

function fieldLines({ action, fields: set, fixed }: Change, paint: Paint): string[] {
  const fields = [...set, ...fixed];
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

/** Refusals, each with its place in the file. */
export function refusalLines(refusals: readonly Refusal[], paint: Paint, language: Language): string[] {
  return refusals.map(({ address, file, line, pointer, message }) => {
    const at = [file === undefined ? '' : printable(file), line === undefined ? '' : `line ${line}`, pointer ?? ''];
    const place = at.filter((one) => one !== '').join(' ');
    const text = printable(inLanguage(message, language));
    return `${paint('red', `! ${printable(address)}`)}${place === '' ? '' : ` (${place})`}: ${text}`;
  });
}

export const refusalJson = ({ message, ...refusal }: Refusal): unknown => ({
  ...refusal,
  message: inLanguage(message, 'en'),
});

/** `2 to create, 1 to change.` */
export function countText(changes: readonly Change[]): Text {
  const count = (action: Change['action']) => changes.filter((one) => one.action === action).length;
  const parts = [
    count('create') === 0 ? '' : say`${count('create')} to create`,
    count('update') === 0 ? '' : say`${count('update')} to change`,
    count('delete') === 0 ? '' : say`${count('delete')} to delete`,
  ];
  return say`${joined(parts, ', ')}.`;
}

/** One line for the outcome of a change. */
export function outcomeLines(
  { change, status, failure, note, secret }: Outcome,
  paint: Paint,
  language: Language,
): string[] {
  const address = printable(change.address);
  const words = (text: Text): string => inLanguage(text, language);
  const label = (text: Text): string => padded(words(text), 8);
  if (status === 'skipped') return [`${paint('dim', label('skipped'))}  ${address}`];
  if (status === 'done')
    return [
      `${paint('green', label(pasts[change.action]))}  ${address}${note === undefined ? '' : ` (${words(note)})`}`,
      ...(secret === undefined
        ? []
        : [
            `            ${secret.field}: ${printable(secret.value)}  (${words('shown only now: keep it in a safe place')})`,
          ]),
    ];
  const detail = failure?.facts.detail === undefined ? '' : `: ${printable(words(failure.facts.detail))}`;
  const file = change.resource.document?.path;
  const places = (failure?.facts.violations ?? []).map((one) => {
    const place = one.line === undefined ? '' : ` ${file === undefined ? '' : `${printable(file)} `}line ${one.line}`;
    return `            ${printable(one.pointer)}${place}  ${printable(one.message)}`;
  });
  const help =
    failure?.facts.help === undefined
      ? []
      : [`            ${paint('cyan', words('help:'))} ${printable(words(failure.facts.help))}`];
  const title = printable(words(failure?.title ?? ''));
  return [`${paint('red', label('failed'))}  ${address}: ${title}${detail}`, ...places, ...help];
}

/** The number of changes by outcome. */
export function summaryText(outcomes: readonly Outcome[]): Text {
  const count = (status: Outcome['status']) => outcomes.filter((one) => one.status === status).length;
  const done = say`${count('done')} done`;
  if (count('done') === outcomes.length) return say`${done}.`;
  const failed = say`${count('failed')} failed`;
  const skipped = count('skipped') === 0 ? '' : say`${count('skipped')} skipped because of that`;
  return say`${joined([done, failed, skipped], ', ')}. Correct the failed changes and run the command again: the others are kept.`;
}

export const changeJson = ({ action, resource, address, fields }: Change): unknown => ({
  action,
  kind: resource.kind,
  name: resource.name,
  address,
  fields: fields.map(({ path, before, after }) => ({ path, before: before ?? null, after: after ?? null })),
});

const english = (text: Text | undefined): string | undefined =>
  text === undefined ? undefined : inLanguage(text, 'en');

export const outcomeJson = ({ change, status, failure, note, secret }: Outcome): unknown => ({
  action: change.action,
  address: change.address,
  status,
  ...(note === undefined ? {} : { note: english(note) }),
  ...(secret === undefined ? {} : { [secret.field]: secret.value }),
  ...(failure === undefined
    ? {}
    : { error: failure.facts.problem ?? { title: failure.message, detail: english(failure.facts.detail) } }),
});
