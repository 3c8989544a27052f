/**
 * Field names that servers and frameworks trust when a proxy sends them: the caller, its address, its certificate, and the
 * requested target. This gateway is the proxy of its upstreams, so no client's field of such a name is passed on.
 */

/** Whole names. */
const names = new Set(
  // The origin of a call.
  (
    'forwarded x-real-ip x-real-port x-client-ip x-client-host x-cluster-client-ip client-ip clientip real-ip remote-addr remote-host ' +
    'true-client-ip fastly-client-ip fly-client-ip cf-connecting-ip cf-connecting-ipv6 cf-pseudo-ipv4 cf-ipcountry cf-visitor ' +
    'x-azure-clientip x-azure-socketip x-envoy-external-address x-envoy-internal x-originating-ip x-remote-ip x-remote-addr ' +
    'x-remote-host x-proxyuser-ip x-original-remote-addr x-original-forwarded-for x-original-host proxy-client-ip ' +
    'wl-proxy-client-ip x-nginx-proxy x-host x-http-host-override x-scheme x-url-scheme x-protocol x-forwarder-for front-end-https ' +
    'x-arr-ssl x-server-name x-envoy-peer-metadata ' +
    // The requested target, instead of the request line.
    'x-original-url x-original-uri x-rewrite-url x-request-uri x-envoy-original-path x-envoy-decorator-operation x-script-name ' +
    'x-middleware-subrequest x-middleware-rewrite x-sendfile-type x-accel-mapping x-accel-redirect x-waws-unencoded-url ' +
    // The certificate.
    'x-client-cert x-client-certificate x-arr-clientcert x-client-dn x-client-verify x-client-serial wl-proxy-client-cert ' +
    'x-tls-client-cert client-certificate ssl-cert x-ssl-cert ' +
    // The caller.
    'x-userinfo x-authenticated-user x-authenticated-userid ' +
    'x-authenticated-groups x-authenticated-scope x-credential-username x-credential-identifier x-anonymous-consumer ' +
    'x-jwt-assertion x-trusted-user x-logged-in-user x-proxy-user x-iisnode-auth-user auth-user eppn ' +
    'x-appengine-inbound-appid sm-user iv-user iv-groups iv-creds ' +
    // A client's `Proxy` becomes the variable HTTP_PROXY of a CGI program.
    'proxy'
  ).split(' '),
);

/** Names with these beginnings. */
const families =
  /^(?:x-forwarded|x-ssl-|ssl-client|x-client-cert|x-tls-client|x-amzn-mtls|x-amzn-oidc|x-amzn-request-context|x-remote-|remote-(?:user|email|name|groups?|roles?)|x-webauth|x-auth-(?:request|user)|x-authentik|x-authelia|x-vouch|x-pomerium|x-consumer-|x-goog-(?:authenticated|iap)|x-ms-client-principal|x-ms-token|x-appengine-user|x-kubernetes|x-shib|shib|oidc-|x-oidc|x-saml|x-ldap|cf-access|x-envoy-peer|impersonate-|x-tailscale|tailscale-user|x-replit-user)/;

/** Whether a lower-case name with hyphens is one of them. */
export const isTrusted = (name: string): boolean => names.has(name) || families.test(name);

/** Fields that have a meaning here: a twin of their name could bypass this gateway. */
const known = new Set(['x-api-key', 'client-cert', 'client-cert-chain', 'dpop', 'signature-input', 'traceparent']);

/**
 * Whether servers in the CGI tradition give a program this field under the name of a trusted one: they make `_` of every
 * character that is neither a letter nor a digit.
 */
export function isTwin(name: string): boolean {
  if (!/[^a-z0-9-]/.test(name)) return false;
  const folded = name.replaceAll(/[^a-z0-9]/g, '-');
  return isTrusted(folded) || known.has(folded);
}
