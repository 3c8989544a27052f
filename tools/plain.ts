/**
 * Plain technical English, as far as a program can check it (STYLE, "Words"): how a sentence begins, the words of the field,
 * and its length. Applies to comments, to texts of errors and commands, and to documents.
 */
import { isNode, isTypeScript, nameOf, parse, walk } from './source.ts';
import type { Node, SourceFile, Violation } from './source.ts';

/** Paths that still have findings. The list only shrinks: a path without findings must leave it. */
const exempt: readonly string[] = [];

const wordsMax = 25;

/** A sentence begins with its subject, or in a command with its verb; a question may begin with these. */
const headless = /^(?:Who|Whoever|Whom|Whomever|Whose|Whatever|What|Of|To whom|By whom|For whom)\b/;

/** Words of a dialect, and the terms of the field. */
export const dialect: readonly (readonly [word: RegExp, instead: string])[] = [
  [/\b(?:tells?|told)\b/i, '“report”, “notify”, “publish” or “show”'],
  [/\bmend(?:s|ed|ing)?\b/i, '“correct” or “fix”'],
  [/\b(?:bury|buries|buried)\b/i, '“hide” or “discard”'],
  [/\bheed(?:s|ed|ing)?\b/i, '“respect” or “enforce”'],
  [/\bstrangers?\b/i, '“unknown client” or “other tenant”'],
  [/\bnobody(?:['’]s)?\b/i, '“no one”, or a sentence without negation'],
  [/\b(?:whoever|whomever|of whom|to whom|of whose)\b/i, 'the noun: “the caller”, “a user who …”'],
  [/\b(?:lets?|letting) (?:it |them |him |her )?(?:in|through)\b/i, '“accept” or “forward”'],
  [/\bkept out\b/i, '“rejected”'],
  [/\b(?:takes?|took|taken) (?:it |them )?back\b/i, '“revoke” or “undo”'],
  [/\bany more\b/i, '“no longer”'],
  [/\bstands? (?:in|for|beside|behind|over|under|here|there|alone)\b/i, '“is in”, “means” or “represents”'],
  [/\bin wrong hands\b/i, '“compromised”'],
  [/\b(?:is|are|was|were) gone\b/i, '“deleted”, “ended” or “closed”'],
  [/\bwhere nothing is (?:said|named)\b/i, '“by default”'],
  [/\bwhere there is none\b/i, '“if there is none”'],
  [/\banew\b/i, '“again”'],
  [/\bat once\b(?! a| the)(?=[.,;:]|$)/i, '“immediately”'],
];

/** One sentence or phrase for people, and its line. */
interface Passage {
  readonly line: number;
  readonly text: string;
  /** Bounded in length: a text of the interface or of a document. */
  readonly isBounded: boolean;
}

/** All findings in a tree, and the exempt paths that have none. */
export function findPlainViolations(files: readonly SourceFile[], paths: readonly string[] = exempt): Violation[] {
  const found = files.flatMap((file) => violationsOf(file));
  const isExempt = (path: string): boolean => paths.some((prefix) => path.startsWith(prefix));
  const clean = paths.filter(
    (prefix) =>
      files.some(({ path }) => path.startsWith(prefix) && hasPassages(path)) &&
      !found.some(({ path }) => path.startsWith(prefix)),
  );
  return [
    ...found.filter(({ path }) => !isExempt(path)),
    ...clean.map((path) => ({
      path,
      line: 0,
      message: `plain English: ${path} is clean; remove it from the exempt paths`,
    })),
  ];
}

const hasPassages = (path: string): boolean => path.endsWith('.ts') || isEnglishDocument(path);
const isEnglishDocument = (path: string): boolean => path.endsWith('.md') && !path.endsWith('.zh-CN.md');

function violationsOf(file: SourceFile): Violation[] {
  const passages = isTypeScript(file)
    ? [...comments(file), ...texts(file)]
    : isEnglishDocument(file.path)
      ? prose(file)
      : [];
  return passages.flatMap(({ line, text, isBounded }) =>
    sentencesOf(text)
      .flatMap((sentence) => faultsOf(sentence, isBounded))
      .map((fault) => ({ path: file.path, line, message: `plain English: ${fault}` })),
  );
}

/** Code and quotations are not prose. */
const stripped = (text: string): string =>
  text
    .replaceAll(/`[^`]*`/g, 'x')
    .replaceAll(/“[^”]*”|"[^"]*"/g, 'x')
    .replaceAll(/\]\([^)]*\)/g, ']')
    .replaceAll(/[*_#>]+/g, ' ');

const sentencesOf = (text: string): string[] =>
  stripped(text)
    .split(/(?<=[.!?])\s+(?=\S)/)
    .map((sentence) => sentence.replace(/^[\s\-–•·|()[\]]+/, '').trim())
    .filter((sentence) => sentence !== '');

function faultsOf(sentence: string, isBounded: boolean): string[] {
  const start = sentence.slice(0, 60);
  const word = dialect.find(([pattern]) => pattern.test(sentence));
  const words = sentence.split(/\s+/).filter((one) => /\w/.test(one)).length;
  return [
    ...(headless.test(sentence) && !sentence.endsWith('?') ? [`begin with the subject: “${start}”`] : []),
    ...(word === undefined ? [] : [`“${word[0].exec(sentence)?.[0] ?? ''}”: write ${word[1]}`]),
    ...(isBounded && words > wordsMax ? [`${words} words, at most ${wordsMax}: “${start}”`] : []),
  ];
}

/** Comments; line comments that follow each other are one text. */
function comments(file: SourceFile): Passage[] {
  const { comments: all, lineOf } = parse(file);
  const passages: Passage[] = [];
  let end = -1;
  for (const comment of all) {
    const text = comment.value
      .replaceAll(/^\s*\*+ ?/gm, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
    const last = passages.at(-1);
    const isSame =
      comment.type === 'Line' && last !== undefined && end >= 0 && /^\s*$/.test(file.text.slice(end, comment.start));
    if (isSame) passages[passages.length - 1] = { ...last, text: `${last.text} ${text}` };
    else passages.push({ line: lineOf(comment.start), text, isBounded: false });
    end = comment.type === 'Line' ? comment.end : -1;
  }
  return passages;
}

/** Texts of the interface: those of the catalogue of errors, and `summary`, `title`, `help`, `describe(…)`, `say`. */
function texts(file: SourceFile): Passage[] {
  const { program, lineOf } = parse(file);
  const passages: Passage[] = [];
  const add = (node: unknown): void => {
    const text = textOf(node);
    if (text !== undefined && isNode(node)) passages.push({ line: lineOf(node.start), text, isBounded: true });
  };
  walk(program, (node) => {
    if (node.type === 'Property' && /^(?:summary|help|detail|description)$/.test(nameOf(node['key']) ?? ''))
      add(node['value']);
    if (node.type === 'TaggedTemplateExpression' && nameOf(node['tag']) === 'say') add(node['quasi']);
    if (node.type !== 'CallExpression') return;
    const callee =
      isNode(node['callee']) && node['callee'].type === 'MemberExpression'
        ? node['callee']['property']
        : node['callee'];
    if (/^(?:entry|describe|usageFailure|Failure)$/.test(nameOf(callee) ?? '') && !isSuite(node))
      for (const argument of node['arguments'] as readonly unknown[]) add(argument);
  });
  return passages;
}

/** `describe('…', () => …)` of a test is no text of the interface. */
const isSuite = (call: Node): boolean =>
  (call['arguments'] as readonly unknown[]).length > 1 && nameOf(call['callee']) === 'describe';

function textOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : undefined;
  if (node.type !== 'TemplateLiteral') return undefined;
  const parts = node['quasis'] as readonly { readonly value: { readonly raw: string } }[];
  return parts.map(({ value }) => value.raw).join('x');
}

/** Paragraphs, list items and cells of a document; code blocks and HTML are left out. */
function prose({ text }: SourceFile): Passage[] {
  const passages: Passage[] = [];
  let isCode = false;
  let open: Passage | undefined;
  const close = (): void => {
    if (open !== undefined) passages.push(open);
    open = undefined;
  };
  for (const [i, line] of text.split('\n').entries()) {
    if (/^\s*```/.test(line)) isCode = !isCode;
    if (isCode || /^\s*(?:```|<|$)/.test(line) || /^(?: {4}|\t)/.test(line)) close();
    else if (line.startsWith('|')) {
      close();
      for (const cell of line.split('|')) passages.push({ line: i + 1, text: cell.trim(), isBounded: true });
    } else if (/^\s*(?:[-*#>]|\d+\.)\s?/.test(line)) {
      close();
      open = { line: i + 1, text: line.replace(/^\s*(?:[-*#>]+|\d+\.)\s*/, ''), isBounded: true };
    } else
      open =
        open === undefined
          ? { line: i + 1, text: line, isBounded: true }
          : { ...open, text: `${open.text} ${line.trim()}` };
  }
  close();
  return passages;
}
