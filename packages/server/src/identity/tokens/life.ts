/** Lifetime of access tokens, in seconds (RFC 9068 §4: short). `limits.accessTokenSecondsMax` bounds it at the gateways. */
export const accessTokenSeconds = 300;
