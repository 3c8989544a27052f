/** A client of the control API: the part that the quickstart needs. */

export interface ControlAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  readonly body: Record<string, unknown>;
}

/** A refusal of the platform, with its own message. */
export class ControlError extends Error {
  constructor(method: string, path: string, { status, body }: ControlAnswer) {
    const violations = Array.isArray(body['violations'])
      ? (body['violations'] as { pointer: string; message: string; line?: number }[])
      : [];
    const lines = violations.map(
      ({ pointer, message, line }) => `  ${line === undefined ? pointer : `line ${line}`}: ${message}`,
    );
    const said = [body['title'], body['detail'], body['help']].filter((part) => typeof part === 'string').join('. ');
    super([`${method} ${path} answered ${status}: ${said}`, ...lines].join('\n'));
  }
}

export interface Control {
  /** A GET; undefined if the object does not exist. */
  find(path: string): Promise<ControlAnswer | undefined>;
  /** A POST or PUT, or a PATCH held against what was read. */
  send(method: 'POST' | 'PUT' | 'PATCH', path: string, body: object, etag?: string): Promise<ControlAnswer>;
  remove(path: string): Promise<void>;
  /** All pages of a list. */
  list(path: string): Promise<Record<string, unknown>[]>;
}

/** Speaks to the platform with an operator's token. Every answer but 2xx (and 404, for `find`) throws. */
export function openControl(platformUrl: string, token: string): Control {
  const call = async (method: string, path: string, body?: object, etag?: string): Promise<ControlAnswer> => {
    const response = await fetch(`${platformUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'tulou-reason': 'quickstart',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(etag === undefined ? {} : { 'if-match': etag }),
      },
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      etag: response.headers.get('etag') ?? undefined,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  };
  const must = async (method: string, path: string, body?: object, etag?: string): Promise<ControlAnswer> => {
    const answer = await call(method, path, body, etag);
    if (answer.status >= 300) throw new ControlError(method, path, answer);
    return answer;
  };
  return {
    async find(path) {
      const answer = await call('GET', path);
      if (answer.status === 404) return undefined;
      if (answer.status >= 300) throw new ControlError('GET', path, answer);
      return answer;
    },
    send: must,
    async remove(path) {
      await must('DELETE', path);
    },
    async list(path) {
      const items: Record<string, unknown>[] = [];
      for (let cursor: unknown = ''; typeof cursor === 'string';) {
        const query = cursor === '' ? '' : `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;
        const { body } = await must('GET', `${path}${query}`);
        items.push(...(body['items'] as Record<string, unknown>[]));
        cursor = body['next'];
      }
      return items;
    },
  };
}
