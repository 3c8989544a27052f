/**
 * The catalogue of every error that a caller can see: stable code, HTTP status, title, who must act, remedy.
 * `docs/reference/errors.md` is generated from it. Handlers throw `Problem`; one place renders it (RFC 9457).
 */
export const faults = ['caller', 'provider', 'platform'] as const;
export type Fault = (typeof faults)[number];

export interface ErrorEntry {
  readonly status: number;
  readonly title: string;
  /** The party that must act: the caller, the provider of the API, or the operator of this platform. */
  readonly fault: Fault;
  /** The remedy, in one or two sentences. */
  readonly help: string;
}

const entry = (status: number, fault: ErrorEntry['fault'], title: string, help: string): ErrorEntry => ({
  status,
  title,
  fault,
  help,
});

// A table: one error a line, so that its columns are easy to scan. `errors.zh.ts` has the same table in Chinese.
// oxfmt-ignore
export const errors = {
  // Control API
  invalid_request: entry(400, 'caller', 'Invalid request', 'Correct the fields listed in `violations` and send the request again.'),
  openapi_invalid: entry(422, 'caller', 'Invalid OpenAPI document', 'Correct the document. Each violation names the location and the expected value.'),
  unauthenticated: entry(401, 'caller', 'Authentication required', 'Send `Authorization: Bearer <token>` with a token that has not expired and is not revoked.'),
  forbidden: entry(403, 'caller', 'Permission denied', 'Ask an owner or admin of the tenant, or use a credential with the role named in `detail`.'),
  not_found: entry(404, 'caller', 'Not found', 'Check the identifier and the credential: both must belong to the same tenant.'),
  host_unknown: entry(421, 'caller', 'Unknown host name', 'Use the host name of the platform or of a tenant’s issuer. A proxy must forward `Host` unchanged.'),
  method_not_allowed: entry(405, 'caller', 'Method not allowed', 'Use one of the methods in the `Allow` header.'),
  conflict: entry(409, 'caller', 'Already exists', 'Choose another name, or update the existing object.'),
  idempotency_mismatch: entry(409, 'caller', 'Idempotency key reused', 'Use a new `Idempotency-Key` for each new request.'),
  in_use: entry(409, 'caller', 'In use', 'Remove or move the dependent objects first. `detail` names them.'),
  state_conflict: entry(409, 'caller', 'Invalid state', 'Read the object. `detail` names the state that this operation requires.'),
  domain_unproven: entry(409, 'caller', 'Domain not verified', 'Create the domain in `detail` with `domains create`, publish its challenge, and verify it. Then send the request again.'),
  // 409, not 403 or 429: the state of the tenant is in the way, neither the role of the caller nor the rate of calls.
  quota_exceeded: entry(409, 'caller', 'Quota exceeded', 'Delete objects that you no longer need, or ask the operator for a higher quota. Retrying does not help.'),
  precondition_failed: entry(412, 'caller', 'Precondition failed', 'The object has changed. Read it again and send its new `ETag` in `If-Match`.'),
  unsupported_media_type: entry(415, 'caller', 'Unsupported media type', 'Send `application/json`.'),
  artifact_invalid: entry(422, 'caller', 'Invalid artifact', 'Pack and upload the artifact again: what arrived is not what its digest or its size says.'),
  upstream_address_refused: entry(422, 'caller', 'Upstream address not allowed', 'Use a public address, or ask the operator to allow this address range.'),
  internal: entry(500, 'platform', 'Internal error', 'Try again. If the error persists, give the operator the request ID.'),
  unavailable: entry(503, 'platform', 'Service unavailable', 'Try again after the time in `Retry-After`.'),
  too_many_requests: entry(429, 'caller', 'Too many requests', 'Wait for the time in `Retry-After`, then send requests at the rate in `RateLimit-Policy`.'),
  too_many_at_once: entry(429, 'caller', 'Too many concurrent requests', 'Wait for your running requests to end, then try again.'),

  // The message: control API and gateway
  malformed_request: entry(400, 'caller', 'Malformed request', 'Send an unambiguous HTTP message (RFC 9112). Content must match its `Content-Type`; the control API expects JSON.'),
  content_too_large: entry(413, 'caller', 'Content too large', 'Send less content. The limit is in `detail`, or in the documentation of the API.'),

  // Gateway: the connection and the message
  request_timeout: entry(408, 'caller', 'Request timeout', 'Send the whole request without pauses.'),
  uri_too_long: entry(414, 'caller', 'URI too long', 'Shorten the path or the query.'),
  expectation_failed: entry(417, 'caller', 'Expectation failed', 'Only `Expect: 100-continue` is supported.'),
  upgrade_refused: entry(501, 'caller', 'Protocol upgrade not supported', 'Send the request without `Upgrade`.'),
  header_fields_too_large: entry(431, 'caller', 'Header fields too large', 'Send fewer or shorter header fields.'),
  method_unsupported: entry(501, 'caller', 'Method not supported', 'Use another method. CONNECT and TRACE are never forwarded.'),
  http_version_unsupported: entry(505, 'caller', 'HTTP version not supported', 'Use HTTP/1.1.'),

  // Gateway: the call
  route_not_found: entry(404, 'caller', 'No API at this address', 'Call `/{tenant}/{api}/{version}/…` of a live version.'),
  operation_unknown: entry(404, 'caller', 'No such operation', 'Call an operation of the document of the API, with its method and its exact path.'),
  request_ambiguous: entry(400, 'caller', 'Ambiguous request', 'Send the path without encoded slashes and control characters, and the method in the request line. `detail` names the reason.'),
  version_retired: entry(410, 'caller', 'Version retired', 'Use a live version of the API.'),
  credential_missing: entry(401, 'caller', 'Credential required', 'Send an API key as `Authorization: Bearer <key>` or `X-API-Key: <key>`.'),
  credential_invalid: entry(401, 'caller', 'Invalid credential', 'Check that the key is complete, has not expired and is not revoked.'),
  installation_required: entry(403, 'caller', 'Installation required', 'An admin of the tenant must install the app at the address in `detail`.'),
  scope_required: entry(403, 'caller', 'Insufficient scope', 'Get the scope that `detail` names. An admin of the tenant grants it to a token at the address there; the command there adds it to a key.'),
  token_expired: entry(401, 'caller', 'Access token expired', 'Request a new token with the refresh token or the client’s credentials.'),
  proof_required: entry(401, 'caller', 'Missing or invalid DPoP proof', 'Send a fresh DPoP proof for this request (RFC 9449): the token is bound to a key.'),
  signature_invalid: entry(401, 'caller', 'Invalid request signature', 'Sign the request as docs/how-to/sign-requests.md describes. `detail` names the fault.'),
  content_digest_mismatch: entry(400, 'caller', 'Content digest mismatch', 'Compute `Content-Digest` over the content as it is sent, and sign the request again.'),
  certificate_required: entry(401, 'caller', 'Client certificate required', 'Call over a TLS connection with the certificate that the token was issued to (RFC 8705).'),
  stale_configuration: entry(503, 'platform', 'Configuration is stale', 'Try again. The gateway cannot verify this grant now; calls of lower risk still succeed.'),
  environment_unavailable: entry(403, 'caller', 'Environment not available', 'Call with a credential of the other environment, or ask the API provider for an upstream of this environment.'),
  subscription_required: entry(403, 'caller', 'Subscription required', 'Subscribe the app to a plan of this API. Wait for approval if the plan requires it.'),
  tenant_suspended: entry(403, 'platform', 'Tenant suspended', 'Contact the operator of this platform.'),
  rate_limited: entry(429, 'caller', 'Rate limit exceeded', 'Wait for the time in `Retry-After`, or choose a larger plan.'),
  concurrency_limited: entry(429, 'caller', 'Concurrency limit exceeded', 'Wait for running calls to end, or choose a larger plan.'),
  upstream_unreachable: entry(502, 'provider', 'Upstream unreachable', 'Try again. If the error persists, contact the API provider.'),
  upstream_malformed: entry(502, 'provider', 'Malformed upstream response', 'Contact the API provider: the response of the service is not valid HTTP.'),
  upstream_refused: entry(502, 'provider', 'Upstream address not allowed', 'Contact the API provider: the service has an address that this platform does not allow.'),
  upstream_timeout: entry(504, 'provider', 'Upstream timeout', 'Try again later. If the error persists, contact the API provider.'),
  host_unavailable: entry(503, 'platform', 'No host for services', 'Try again after the time in `Retry-After`. If the error persists, contact the operator: no host that runs services answers.'),
  service_unavailable: entry(503, 'provider', 'Service not running', 'Try again after the time in `Retry-After`. If the error persists, contact the API provider: the service has no release for this environment, or its instances do not start.'),
  overloaded: entry(503, 'platform', 'Gateway overloaded', 'Try again after the time in `Retry-After`.'),
  spool_full: entry(503, 'platform', 'Usage cannot be recorded', 'Contact the operator: the disk of the gateway is full.'),
  not_ready: entry(503, 'platform', 'Gateway not ready', 'Try again in a moment. The gateway has not loaded its configuration yet.'),
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errors;

/** Whether this program knows the code. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errors, code);
