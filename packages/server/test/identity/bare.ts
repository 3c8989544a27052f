/** Requests and answers as they are on the wire, including requests that `fetch` would not send and parts that it would hide. */
import { request as httpRequest } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The redirect target for the browser; undefined: none. */
  readonly location: string | undefined;
  /** The members of a JSON answer; empty otherwise. */
  readonly said: Readonly<Record<string, unknown>>;
}

/**
 * Sends any header, also `Host`, and any request target, which `fetch` would not send. Any issuer is reached on this machine,
 * at its port. A request with a body is a POST of a form.
 */
export function sendBare(
  issuer: string,
  target: string,
  headers: Record<string, string | string[]>,
  body?: string,
): Promise<Answer> {
  const { host, port } = new URL(issuer);
  const given = {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      host,
      ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      ...headers,
    },
  };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname: '127.0.0.1', port, path: target, agent: false, ...given }, (message) => {
      let text = '';
      message.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      message.on('end', () => {
        const fields = Object.entries(message.headersDistinct).flatMap(([name, values = []]) =>
          values.map((value): [string, string] => [name, value]),
        );
        resolve(answerOf(message.statusCode ?? 0, new Headers(fields), text));
      });
    });
    request.on('error', reject).end(body);
  });
}

export function answerOf(status: number, headers: Headers, text: string): Answer {
  return { status, headers, text, location: headers.get('location') ?? undefined, said: jsonOf(text) };
}

function jsonOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
