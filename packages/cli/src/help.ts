/** Help at each level, from the table of commands. */
import type { Command, Group, Node, Option } from './command.ts';
import { exitCodes } from './exit.ts';
import { padded, widthOf, wrapped, type Paint } from './terminal/text.ts';

const defaultColumns = 100;
const labelColumnsMax = 34;

export interface HelpView {
  readonly columns: number | undefined;
  readonly paint: Paint;
}

/** The lines that `--help` prints for what these words lead to. */
export function helpLines(node: Node, path: readonly string[], view: HelpView): string[] {
  const name = ['tulou', ...path].join(' ');
  return node.kind === 'group' ? groupLines(node, name, view) : commandLines(node, name, view);
}

function groupLines(group: Group, name: string, view: HelpView): string[] {
  const { paint } = view;
  const sections = Map.groupBy(Object.entries(group.commands), ([, child]) => child.section ?? 'Commands');
  return [
    `${paint('bold', 'Usage:')} ${name} <command> [arguments] [options]`,
    ...(group.notes ?? []).flatMap((note) => ['', ...wrapped(note, widthFor(view))]),
    ...[...sections].flatMap(([title, children]) => [
      '',
      paint('bold', `${title}:`),
      ...pairLines(
        children.map(([word, child]) => [word, child.summary]),
        view,
      ),
    ]),
    '',
    `"${name} <command> --help" says more.`,
  ];
}

function commandLines(command: Command, name: string, view: HelpView): string[] {
  const { paint } = view;
  const places = command.positionals.map(positionalLabel);
  const required = command.options.filter((one) => one.required === true).map(optionLabel);
  return [
    ...wrapped(`${command.summary}.`, widthFor(view)),
    '',
    `${paint('bold', 'Usage:')} ${[name, ...places, ...required, '[options]'].join(' ')}`,
    ...(command.notes ?? []).flatMap((note) => ['', ...wrapped(note, widthFor(view))]),
    ...optionLines(command, view),
    ...exampleLines(command, view),
  ];
}

/** `name?` may be left out; `…` are any number. */
export const positionalLabel = (name: string): string =>
  name === '…' ? '[…]' : name.endsWith('?') ? `[${name.slice(0, -1)}]` : `<${name}>`;

const optionLines = ({ options }: Command, view: HelpView): string[] =>
  options.length === 0
    ? []
    : [
        '',
        view.paint('bold', 'Options:'),
        ...pairLines(
          options.map((one) => [shortLabel(one), optionSummary(one)]),
          view,
        ),
      ];

const exampleLines = ({ examples }: Command, { paint }: HelpView): string[] =>
  examples.length === 0 ? [] : ['', paint('bold', 'Examples:'), ...examples.map((line) => `  ${line}`)];

const optionLabel = (option: Option): string =>
  option.type === 'boolean' ? `--${option.name}` : `--${option.name} ${option.placeholder ?? 'TEXT'}`;

const shortLabel = (option: Option): string =>
  `${option.short === undefined ? '' : `-${option.short}, `}${optionLabel(option)}`;

const optionSummary = (option: Option): string =>
  option.required === true ? `${option.summary} (needed)`.trim() : option.summary;

/** Two columns; what is too long for the first has a line of its own. */
export function pairLines(pairs: readonly (readonly [string, string])[], view: HelpView): string[] {
  const fitting = pairs.map(([label]) => widthOf(label)).filter((width) => width <= labelColumnsMax);
  const width = Math.max(0, ...fitting) + 2;
  return pairs.flatMap(([label, summary]) => {
    const lines = wrapped(summary, Math.max(20, widthFor(view) - width - 2));
    const isLong = widthOf(label) > labelColumnsMax;
    const first = isLong ? [`  ${label}`] : [`  ${padded(label, width)}${lines[0] ?? ''}`.trimEnd()];
    const others = (isLong ? lines : lines.slice(1)).map((line) => `  ${' '.repeat(width)}${line}`);
    return [...first, ...others];
  });
}

const widthFor = (view: HelpView): number => Math.min(view.columns ?? defaultColumns, 120);

/** The table of exit codes. */
export function exitCodeLines(view: HelpView): string[] {
  const pairs = Object.values(exitCodes).map(([code, meaning]) => [String(code), meaning] as const);
  return [view.paint('bold', 'Exit codes:'), ...pairLines(pairs, view)];
}
