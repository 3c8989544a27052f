/** Syntax errors of the YAML parser, in words for the author of a document. */
import { quote } from './json.ts';

const words: readonly (readonly [RegExp, string])[] = [
  [
    /maxDepth/,
    'The document is nested deeper than 200 levels. Move inner schemas to `components` and refer to them with `$ref`.',
  ],
  [/tab characters/, 'There is a tab in the indentation. YAML is indented with spaces only.'],
  [/unexpected end of the stream within a (?:single|double) quoted/, unclosedQuote()],
  [/unexpected end of the stream within a flow/, unclosedBracket()],
  [
    /unknown escape sequence/,
    'This `\\` escape does not exist in a double-quoted text. Write `\\\\` for a backslash, or use single quotes.',
  ],
  [
    /name of an? (?:alias|anchor)/,
    'The name of this alias or anchor cannot be read. If the text is meant to begin with `*` or `&`, put it in quotes.',
  ],
  [/duplication of an anchor/, 'A value can have one anchor (`&name`) only.'],
  [/duplication of a tag/, 'A value can have one tag (`!name`) only.'],
  [
    /implicit mapping keys? need|multiline key/,
    'A key must be in one line, followed by `:`. The colon is probably missing.',
  ],
  [/control characters|non-printable/, 'There is a control character in the text. Remove it.'],
  [/too complex/, 'The text is too complex to be read as YAML. Send it as JSON.'],
];

function unclosedQuote(): string {
  return 'A text in quotes is opened further up and never closed.';
}

function unclosedBracket(): string {
  return 'A `{` or `[` is opened further up and never closed: the document, or the part in braces, ends before it is complete.';
}

/** Says what is wrong at this offset. `reason` is the parser's own word for it. */
export function saySyntax(reason: string, text: string, at: number): string {
  const near = nearText(text, at);
  if (reason === 'deficient indentation') return unclosed(text, at);
  if (/bad indentation of a mapping entry|end of the stream or a document separator/.test(reason)) {
    const colon = secondColon(text, at);
    return colon ?? `${indentation(text, at)}${near}`;
  }
  const known = words.find(([pattern]) => pattern.test(reason))?.[1];
  if (known !== undefined) return /never closed|nested deeper/.test(known) ? known : `${known}${near}`;
  return `The text cannot be read as YAML or JSON: ${reason.replace(/\.$/, '')}.${near}`;
}

/** The line above decides: a quote or a bracket that it opens continues into a line that is not indented. */
function unclosed(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - 2000), at);
  const opened = /["'[{](?=[^"'[{]*$)/.exec(before)?.[0];
  return opened === '[' || opened === '{' ? unclosedBracket() : unclosedQuote();
}

function secondColon(text: string, at: number): string | undefined {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const key = /^\s*(?:- )*[^\s'"][^:]*:\s+/.exec(text.slice(lineStart, at))?.[0];
  if (key === undefined || text[at] !== ':') return undefined;
  return (
    'There is a second `: ` in this line. Put the text in quotes if the colon belongs to it, else begin a new ' +
    `line.${nearText(text, lineStart + key.length)}`
  );
}

function indentation(text: string, at: number): string {
  if (/^[@`%]/.test(text.slice(at, at + 1))) return 'A text cannot begin with this character. Put the text in quotes.';
  return 'The indentation does not fit the lines around it. Keys of one object must begin in the same column.';
}

function nearText(text: string, at: number): string {
  const here =
    text
      .slice(at, at + 40)
      .split('\n', 1)[0]
      ?.trim() ?? '';
  return here === '' ? '' : ` It is before ${quote(here)}.`;
}
