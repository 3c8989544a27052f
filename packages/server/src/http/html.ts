/** HTML as a type of its own: what is put into a template is escaped, unless it came out of one. */
let mint: (text: string) => Html;

export class Html {
  readonly #text: string;

  static {
    mint = (text) => new Html(text);
  }

  private constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

type Part = string | number | Html | readonly Html[] | undefined;

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Attribute values in templates are in double quotes: an escaped value can't leave them. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return mint(strings.reduce((text, string, i) => text + render(parts[i - 1]) + string));
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.toString();
  if (typeof part === 'object') return part.map((one) => one.toString()).join('');
  return String(part).replaceAll(/[&<>"']/g, (found) => escapes[found] ?? '');
}
