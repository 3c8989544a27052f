/**
 * The one catalogue of errors that a caller can see: stable code, HTTP status, public words, whose fault, how to mend.
 * `docs/errors.md` is generated from it. Handlers throw `Problem`; one place renders it (RFC 9457).
 */
export interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  /** Who has to act: the caller, the provider of the API, or the operator of this platform. */
  readonly fault: 'caller' | 'provider' | 'platform';
  /** One sentence that says how to mend it. */
  readonly help: string;
}

const entry = (status: number, fault: ErrorEntry['fault'], title: string, help: string): ErrorEntry => ({
  status,
  title,
  fault,
  help,
});

// A table: one error a line, so that the eye can go down its columns.
// oxfmt-ignore
export const errors = {
  // Control API
  invalid_request: entry(400, 'caller', 'The request is not valid', 'Correct the fields listed in `violations` and send it again.'),
  malformed_body: entry(400, 'caller', 'The body cannot be read', 'Send a JSON body with `Content-Type: application/json`.'),
  openapi_invalid: entry(422, 'caller', 'The OpenAPI document is not valid', 'Each violation names the place in the document and what is expected there.'),
  unauthenticated: entry(401, 'caller', 'A valid credential is required', 'Send `Authorization: Bearer <token>` with a token that is neither expired nor revoked.'),
  forbidden: entry(403, 'caller', 'The role of this credential does not allow this', 'Ask an owner or admin of the tenant, or use a credential with the role named in `detail`.'),
  not_found: entry(404, 'caller', 'There is nothing here', 'Check the identifier, and that the credential belongs to the same tenant.'),
  host_unknown: entry(421, 'caller', 'There is no issuer at this host name', 'Use the host name of the platform or of a tenant’s issuer; a proxy has to pass `Host` on as it came.'),
  method_not_allowed: entry(405, 'caller', 'The method is not offered here', 'Use one of the methods in the `Allow` header.'),
  conflict: entry(409, 'caller', 'This collides with what is there', 'Choose another name, or update the existing object.'),
  idempotency_mismatch: entry(409, 'caller', 'The Idempotency-Key was used for another request', 'Use a new key for a new request.'),
  in_use: entry(409, 'caller', 'Other objects still depend on this', 'Remove or move what depends on it first; `detail` names it.'),
  state_conflict: entry(409, 'caller', 'The object is not in a state that allows this', 'Read the object; `detail` says which state is needed.'),
  precondition_failed: entry(412, 'caller', 'The object has changed since you read it', 'Read it again and send its new `ETag` in `If-Match`.'),
  body_too_large: entry(413, 'caller', 'The body is too large', 'Stay under the size that `detail` names.'),
  unsupported_media_type: entry(415, 'caller', 'The media type is not supported', 'Send `application/json`.'),
  upstream_address_refused: entry(422, 'caller', 'The upstream address is not allowed', 'Use a public address, or ask the operator to allow this range.'),
  quota_of_objects: entry(429, 'caller', 'The tenant has as many of these as it may', 'Remove some, or ask the operator for more.'),
  internal: entry(500, 'platform', 'Something went wrong on our side', 'Try again; if it stays, give the operator the request id.'),
  unavailable: entry(503, 'platform', 'The platform cannot do this right now', 'Try again after the time in `Retry-After`.'),

  // Gateway: the connection and the message
  malformed_request: entry(400, 'caller', 'The HTTP request is malformed or ambiguous', 'Send a message that RFC 9112 allows; the connection is closed.'),
  request_timeout: entry(408, 'caller', 'The request did not arrive in time', 'Send the whole request without pauses.'),
  content_too_large: entry(413, 'caller', 'The request content is too large', 'Stay under the size limit of this API.'),
  uri_too_long: entry(414, 'caller', 'The request target is too long', 'Shorten the path or the query.'),
  expectation_failed: entry(417, 'caller', 'The expectation cannot be met', 'Only `Expect: 100-continue` is supported.'),
  upgrade_refused: entry(501, 'caller', 'Protocol upgrades are not supported here', 'Send the request without `Upgrade`.'),
  header_fields_too_large: entry(431, 'caller', 'The header fields are too large', 'Send fewer or shorter header fields.'),
  method_unsupported: entry(501, 'caller', 'The method is not supported', 'CONNECT and TRACE are never forwarded.'),
  http_version_unsupported: entry(505, 'caller', 'The HTTP version is not supported', 'Use HTTP/1.1.'),

  // Gateway: the call
  route_not_found: entry(404, 'caller', 'No API is published at this address', 'Call `/{tenant}/{api}/{version}/…` of a live version.'),
  version_retired: entry(410, 'caller', 'This version has been retired', 'Move to a live version of the API.'),
  credential_missing: entry(401, 'caller', 'This API needs a credential', 'Send an API key as `Authorization: Bearer <key>` or `X-API-Key: <key>`.'),
  credential_invalid: entry(401, 'caller', 'The credential is not valid', 'Check that the key is complete, not expired and not revoked.'),
  installation_required: entry(
    403,
    'caller',
    'The tenant has not installed this app',
    'An admin of the tenant can install it at the address in `detail`.',
  ),
  scope_required: entry(
    403,
    'caller',
    'The token lacks a scope that this operation needs',
    'Ask for the scope named in `detail`; an admin of the tenant can grant it at the address there.',
  ),
  token_expired: entry(401, 'caller', 'The access token has expired', 'Get a new one with the refresh token or the client’s credentials.'),
  proof_required: entry(401, 'caller', 'The token is bound to a key, and the proof is missing or wrong', 'Send a fresh DPoP proof for this request (RFC 9449).'),
  signature_invalid: entry(401, 'caller', 'The signature of the request is not valid', 'Sign the request as docs/signatures.md says; `detail` names what is missing.'),
  content_digest_mismatch: entry(400, 'caller', 'The content is not what `Content-Digest` says', 'Compute the digest of the content as it is sent, and sign the request anew.'),
  certificate_required: entry(401, 'caller', 'The token is bound to a client certificate that this call does not show', 'Call over a TLS connection with the certificate that the token was issued to (RFC 8705).'),
  stale_configuration: entry(503, 'platform', 'The gateway cannot tell whether this grant still holds', 'Try again; calls of lower risk still pass.'),
  subscription_required: entry(403, 'caller', 'The app is not subscribed to this API', 'Subscribe the app to a plan of this API, and wait for approval if the plan asks for it.'),
  tenant_suspended: entry(403, 'platform', 'The tenant is suspended', 'Ask the operator of this platform.'),
  rate_limited: entry(429, 'caller', 'The limit of the plan is reached', 'Wait for the time in `Retry-After`, or move to a larger plan.'),
  concurrency_limited: entry(429, 'caller', 'Too many calls at once for the plan', 'Wait for running calls to end, or move to a larger plan.'),
  upstream_unreachable: entry(502, 'provider', 'The provider’s service cannot be reached', 'Try again; the provider has to mend it if it stays.'),
  upstream_malformed: entry(502, 'provider', 'The provider’s service sent a malformed answer', 'The provider has to mend its service.'),
  upstream_refused: entry(502, 'provider', 'The provider’s service has an address that is not allowed', 'The provider has to use an allowed address.'),
  upstream_timeout: entry(504, 'provider', 'The provider’s service did not answer in time', 'Try again later.'),
  overloaded: entry(503, 'platform', 'The gateway is overloaded', 'Try again after the time in `Retry-After`.'),
  spool_full: entry(503, 'platform', 'Usage can no longer be recorded', 'The operator has to free the disk of the gateway.'),
  not_ready: entry(503, 'platform', 'The gateway has no configuration yet', 'Try again in a moment.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errors;

/** One thing that is wrong in what the caller sent. `pointer` is RFC 6901, into the body, or a parameter's name. */
export interface Violation {
  readonly pointer: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

/** The body of every error answer, `application/problem+json` (RFC 9457 §3). */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly fault: ErrorEntry['fault'];
  readonly help: string;
  readonly detail?: string;
  readonly violations?: readonly Violation[];
}

/** Builds the body of an error answer. `detail` is public: it must not say whether a foreign object exists. */
export function problemBody(code: ErrorCode, detail?: string, violations?: readonly Violation[]): ProblemBody {
  const { status, title, fault, help } = errors[code];
  return {
    type: `urn:tulou:error:${code}`,
    title,
    status,
    code,
    fault,
    help,
    ...(detail === undefined ? {} : { detail }),
    ...(violations === undefined ? {} : { violations }),
  };
}

/** What handlers throw. `message` and `cause` are for the log; only `code`, `detail` and `violations` reach the caller. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly violations: readonly Violation[] | undefined;

  constructor(code: ErrorCode, options: { detail?: string; violations?: readonly Violation[]; cause?: unknown } = {}) {
    super(options.detail ?? errors[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
    this.violations = options.violations;
  }

  get body(): ProblemBody {
    return problemBody(this.code, this.detail, this.violations);
  }
}
