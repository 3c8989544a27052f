/** From what the system and TLS say of a connection that could not be opened to the stable codes of `upstreamCauses`. */
import type { UpstreamCause } from '@tulou/contract/causes';

/** Codes of Node and OpenSSL (`X509_V_ERR_…` without its prefix). */
const causes: Readonly<Record<string, UpstreamCause>> = {
  ECONNREFUSED: 'connect_refused',
  ECONNRESET: 'connect_reset',
  ECONNABORTED: 'connect_reset',
  EPIPE: 'connect_reset',
  ENETUNREACH: 'connect_unreachable',
  EHOSTUNREACH: 'connect_unreachable',
  ENETDOWN: 'connect_unreachable',
  EHOSTDOWN: 'connect_unreachable',
  EADDRNOTAVAIL: 'connect_unreachable',
  ETIMEDOUT: 'connect_timeout',
  EMFILE: 'gateway_out_of_descriptors',
  ENFILE: 'gateway_out_of_descriptors',
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_not_yet_valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate_self_signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate_self_signed',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate_wrong_name',
  HOSTNAME_MISMATCH: 'certificate_wrong_name',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate_unknown_issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate_unknown_issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate_unknown_issuer',
  CERT_UNTRUSTED: 'certificate_unknown_issuer',
};

/** Other verdicts on a certificate (Node's list of X.509 errors). */
const certificateCode = /^(?:CERT_|CRL_|UNABLE_TO_|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|ERROR_IN_CERT)/;

/** Why a connection could not be opened. `tls`: the socket was connected, and its handshake was under way. */
export function connectCause(error: NodeJS.ErrnoException | undefined, tls: boolean): UpstreamCause {
  const { code = '' } = error ?? {};
  const known = causes[code];
  // A peer that hangs up on a handshake speaks no TLS, or none of ours.
  if (tls && (known === undefined || known === 'connect_reset'))
    return certificateCode.test(code) ? 'certificate_invalid' : 'tls_failed';
  return known ?? (code === '' ? 'connect_reset' : 'connect_failed');
}
