/**
 * Why a call ended in a 502 or 504, or in a 503 because the gateway could not connect: one stable code for each cause.
 * Providers and operators read it in usage, in the access log and in metrics. The caller's answer never holds it: it would
 * describe the provider's network.
 */
export const upstreamCauses = {
  no_upstream: 'The version has no upstream with a weight above 0',
  dns_failed: 'The host name did not resolve',
  dns_timeout: 'The host name did not resolve in time',
  address_refused: 'The host name resolves to addresses that the operator does not allow',
  connect_refused: 'The host refused the connection: no program listens on the port',
  connect_reset: 'The host reset the connection while it was opened',
  connect_unreachable: 'The network has no route to the host',
  connect_timeout: 'The connection was not accepted in time',
  gateway_out_of_descriptors: 'The gateway had no file descriptor left: the operator must act, not the provider',
  connect_failed: 'The connection could not be opened for another reason',
  tls_timeout: 'The TLS handshake did not end in time',
  tls_failed: 'The TLS handshake failed: no common protocol, or the port does not speak TLS',
  certificate_expired: 'The certificate has expired',
  certificate_not_yet_valid: 'The certificate is not valid yet',
  certificate_self_signed: 'The certificate, or one of its chain, is self-signed and not trusted',
  certificate_wrong_name: 'The certificate is for another host name',
  certificate_unknown_issuer: 'The certificate was issued by an unknown authority, or its chain is incomplete',
  certificate_invalid: 'The certificate is not acceptable for another reason',
  closed_before_answer: 'The connection was closed before an answer began',
  reset_before_answer: 'The connection was reset before an answer began',
  send_timeout: 'The upstream did not take the request in time',
  answer_timeout: 'The answer did not begin in time',
  content_timeout: 'The content of the answer paused for too long',
  closed_in_head: 'The connection ended inside the head of the answer',
  closed_in_content: 'The connection ended inside the content of the answer',
  malformed_status_line: 'The status line of the answer is malformed',
  malformed_field: 'A field line of the answer is malformed',
  malformed_length: 'The answer gives its length in a wrong or ambiguous way',
  malformed_head: 'The head of the answer contradicts itself',
  malformed_chunk: 'The chunked coding of the answer is malformed',
  head_too_large: 'The head of the answer is larger than the gateway takes, or has too many fields',
  interim_answers: 'Too many interim (1xx) answers came, or one that nobody asked for',
} as const;

export type UpstreamCause = keyof typeof upstreamCauses;
