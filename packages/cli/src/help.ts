/** Help at each level, from the table of commands. */
import type { Language } from '@tulou/contract';
import type { Command, Group, Node, Option } from './command.ts';
import { exitCodes } from './exit.ts';
import { inLanguage, ours, say, type Text } from './language/say.ts';
import { padded, widthOf, wrapped, type Paint } from './terminal/text.ts';

const defaultColumns = 100;
const labelColumnsMax = 34;

export interface HelpView {
  readonly columns: number | undefined;
  readonly paint: Paint;
  readonly language: Language;
}

/** The lines that `--help` prints for the node at these words. */
export function helpLines(node: Node, path: readonly string[], view: HelpView): string[] {
  const name = ['tulou', ...path].join(' ');
  return node.kind === 'group' ? groupLines(node, name, view) : commandLines(node, name, view);
}

function groupLines(group: Group, name: string, view: HelpView): string[] {
  const sections = Map.groupBy(Object.entries(group.commands), ([, child]) => child.section ?? 'Commands');
  return [
    `${heading('Usage', view)} ${name} ${inLanguage('<command> [arguments] [options]', view.language)}`,
    ...(group.notes ?? []).flatMap((note) => ['', ...paragraph(note, view)]),
    ...[...sections].flatMap(([title, children]) => [
      '',
      heading(title, view),
      ...pairLines(
        children.map(([word, child]) => [word, child.summary]),
        view,
      ),
    ]),
    '',
    inLanguage(say`"${name} <command> --help" shows details.`, view.language),
  ];
}

function commandLines(command: Command, name: string, view: HelpView): string[] {
  const places = command.positionals.map(positionalLabel);
  const required = command.options.filter((one) => one.required === true).map(optionLabel);
  return [
    ...paragraph(say`${ours(command.summary)}.`, view),
    '',
    `${heading('Usage', view)} ${[name, ...places, ...required, inLanguage('[options]', view.language)].join(' ')}`,
    ...(command.notes ?? []).flatMap((note) => ['', ...paragraph(note, view)]),
    ...optionLines(command, view),
    ...exampleLines(command, view),
  ];
}

const heading = (title: string, { paint, language }: HelpView): string =>
  paint('bold', language === 'zh-CN' ? `${inLanguage(title, language)}：` : `${title}:`);

const paragraph = (text: Text, view: HelpView): string[] => wrapped(inLanguage(text, view.language), widthFor(view));

/** `name?` is optional; `…` means any number. */
export const positionalLabel = (name: string): string =>
  name === '…' ? '[…]' : name.endsWith('?') ? `[${name.slice(0, -1)}]` : `<${name}>`;

const optionLines = ({ options }: Command, view: HelpView): string[] =>
  options.length === 0
    ? []
    : [
        '',
        heading('Options', view),
        ...pairLines(
          options.map((one) => [shortLabel(one), optionSummary(one)]),
          view,
        ),
      ];

const exampleLines = ({ examples }: Command, view: HelpView): string[] =>
  examples.length === 0 ? [] : ['', heading('Examples', view), ...examples.map((line) => `  ${line}`)];

const optionLabel = (option: Option): string =>
  option.type === 'boolean' ? `--${option.name}` : `--${option.name} ${option.placeholder ?? 'TEXT'}`;

const shortLabel = (option: Option): string =>
  `${option.short === undefined ? '' : `-${option.short}, `}${optionLabel(option)}`;

const optionSummary = (option: Option): Text =>
  option.required === true ? say`${ours(option.summary)} (required)` : option.summary;

/** Two columns. A label that is too long for the first one has a line of its own. */
export function pairLines(pairs: readonly (readonly [string, Text])[], view: HelpView): string[] {
  const fitting = pairs.map(([label]) => widthOf(label)).filter((width) => width <= labelColumnsMax);
  const width = Math.max(0, ...fitting) + 2;
  return pairs.flatMap(([label, summary]) => {
    const text = inLanguage(summary, view.language).trim();
    const lines = wrapped(text, Math.max(20, widthFor(view) - width - 2));
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
  return [heading('Exit codes', view), ...pairLines(pairs, view)];
}
