/** Thrown if a call is rejected; rendered as `application/problem+json` (RFC 9457). */
export interface Violation {
  readonly pointer: string;
  readonly message: string;
}

const titles: Readonly<Record<number, string>> = {
  400: 'The request is not valid',
  401: 'A valid assertion of the gateway is required',
  404: 'There is no such order',
  405: 'The method is not offered here',
  409: 'The state of the order does not allow this',
  413: 'The body is too large',
  415: 'The body must be JSON',
  500: 'Something went wrong in this service',
  503: 'The keys of the platform cannot be read right now',
};

export class Refusal extends Error {
  readonly status: number;
  readonly violations: readonly Violation[];
  readonly fields: Readonly<Record<string, string>>;

  constructor(
    status: number,
    detail?: string,
    more: { violations?: readonly Violation[]; fields?: Readonly<Record<string, string>> } = {},
  ) {
    super(detail);
    this.status = status;
    this.violations = more.violations ?? [];
    this.fields = more.fields ?? {};
  }

  get body(): object {
    const { status, message, violations } = this;
    return {
      title: titles[status] ?? 'Refused',
      status,
      ...(message === '' ? {} : { detail: message }),
      ...(violations.length === 0 ? {} : { violations }),
    };
  }
}
