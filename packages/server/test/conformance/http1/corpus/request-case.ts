/** One malformed, ambiguous or merely odd HTTP/1.1 request, as data. */
export interface RequestCase {
  readonly name: string;
  /**
   * `refused`: an error answer and a close, nothing of it complete at the backend. `forwarded`: unusual, but valid and
   * unambiguous, so it must work. `either`: the standard allows both; the result must be unambiguous.
   */
  readonly verdict: 'refused' | 'forwarded' | 'either';
  readonly why: string;
  readonly section: string;
  /** One character an octet. */
  readonly bytes: string;
  /** Complete requests that the backend sees of it: 0 where refused, 1 where forwarded, unless said here. */
  readonly complete: number;
  /** The client ends its side where the bytes end; otherwise a next request follows immediately. */
  readonly cut: boolean;
}

export interface RequestCategory {
  readonly category: string;
  readonly cases: readonly RequestCase[];
}

type Row = readonly [verdict: RequestCase['verdict'], name: string, why: string, section: string, bytes: string, more?: Partial<Pick<RequestCase, 'complete' | 'cut'>>];

/** A category from its rows. */
export function category(name: string, rows: readonly Row[]): RequestCategory {
  const cases = rows.map(([verdict, caseName, why, section, bytes, more]) => ({
    name: caseName,
    verdict,
    why,
    section,
    bytes,
    complete: more?.complete ?? (verdict === 'forwarded' ? 1 : 0),
    cut: more?.cut ?? false,
  }));
  return { category: name, cases };
}

const fieldLines = (fields: readonly string[]): string => fields.map((field) => `${field}\r\n`).join('');

/** A GET with a Host and these field lines. */
export function get(...fields: readonly string[]): string {
  return `GET /x HTTP/1.1\r\nHost: h\r\n${fieldLines(fields)}\r\n`;
}

/** A POST with a Host, these field lines and this body, both as they are. */
export function post(fields: readonly string[], body = ''): string {
  return `POST /x HTTP/1.1\r\nHost: h\r\n${fieldLines(fields)}\r\n${body}`;
}

/** A chunked POST of this raw content. */
export function chunked(content: string): string {
  return post(['Transfer-Encoding: chunked'], content);
}

/** A GET with this start line, and a Host. */
export function startLine(line: string): string {
  return `${line}\r\nHost: h\r\n\r\n`;
}

/** A whole request that a smuggler hides. */
export const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
