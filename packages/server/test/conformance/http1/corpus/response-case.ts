/** One answer of a back end, malformed, ambiguous or merely odd, as data. */
export interface ResponseCase {
  readonly name: string;
  /**
   * `refused`: the client gets a 502 of ours. `forwarded`: the status and content below. `broken`: where the answer had
   * begun it is cut off, so that the client sees that it is not whole; else refused. `either`: any of these, nothing else.
   */
  readonly verdict: 'refused' | 'forwarded' | 'broken' | 'either';
  readonly why: string;
  readonly section: string;
  /** One character an octet. */
  readonly bytes: string;
  readonly status: number;
  readonly body: string;
  /** The back end ends the connection behind the octets. */
  readonly ends: boolean;
  /** Sent only after the client has its answer, without a request. */
  readonly late: string;
  readonly method: 'GET' | 'HEAD';
}

export interface ResponseCategory {
  readonly category: string;
  readonly cases: readonly ResponseCase[];
}

type Row = readonly [verdict: ResponseCase['verdict'], name: string, why: string, section: string, bytes: string, more?: Partial<Pick<ResponseCase, 'status' | 'body' | 'ends' | 'late' | 'method'>>];

/** A category from its rows. */
export function category(name: string, rows: readonly Row[]): ResponseCategory {
  const cases = rows.map(([verdict, caseName, why, section, bytes, more]) => ({
    name: caseName,
    verdict,
    why,
    section,
    bytes,
    status: more?.status ?? 200,
    body: more?.body ?? 'hello',
    ends: more?.ends ?? false,
    late: more?.late ?? '',
    method: more?.method ?? ('GET' as const),
  }));
  return { category: name, cases };
}

/** An answer of status 200 with these field lines and this content, both as they are. */
export function ok(fields: readonly string[], body = ''): string {
  return `HTTP/1.1 200 OK\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n${body}`;
}

/** Five octets of content with this status line. */
export function statusLine(line: string): string {
  return `${line}\r\nContent-Length: 5\r\n\r\nhello`;
}

/** A whole answer that a splitter hides. */
export const injected = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
