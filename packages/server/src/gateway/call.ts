/** One call during the steps, and the objects that the steps use. */
import type { ErrorCode } from '@tulou/contract';
import type { TrustedProxies } from '../http/trusted-proxies.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { AssertionSigner } from './assertion.ts';
import type { CallLog } from './calls/log.ts';
import type { Grant } from './grant.ts';
import type { Identity, Keyring } from './keyring.ts';
import type { Hash64 } from './limits/hash.ts';
import type { Slots } from './limits/slots.ts';
import type { Windows } from './limits/windows.ts';
import type { Strangers } from './strangers.ts';
import type { ThreadMetrics } from './metrics.ts';
import type { RequestIds, TraceIds } from './request-id.ts';
import type { Freshness } from './snapshot/freshness.ts';
import type { Operation, SubscriptionNode, VersionNode } from './snapshot/links.ts';
import type { State } from './snapshot/state.ts';
import type { Once, UsedProofs } from './tokens/proofs.ts';
import type { Signers } from './signatures/signers.ts';
import type { Pass, Tokens } from './tokens/tokens.ts';
import type { Ingress } from './upstream/ingress.ts';
import type { Spool } from './usage/segment.ts';
import type { ContentWatch, Exchange } from './wire/exchange.ts';

/** The objects of a thread. `state` is swapped when configuration changes; undefined: no configuration yet. */
export interface Gate {
  state: State | undefined;
  /** The gateway accepts no new work, and `/readyz` reports that. */
  draining: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly seed: Hash64;
  readonly keyring: Keyring;
  readonly tokens: Tokens;
  readonly signers: Signers;
  /** Undefined until control has given it (kernel/fleet-key.ts). */
  fleetKey: Uint8Array | undefined;
  readonly usedProofs: UsedProofs;
  /** The proxies whose forwarding fields are trusted. */
  readonly proxies: TrustedProxies;
  readonly freshness: Freshness;
  /** The ingress of the host of this machine; undefined: services have no host here. */
  readonly ingress: Ingress | undefined;
  /** Returns the parts of an upstream's `Set-Cookie` that are passed on. */
  readonly keepCookie: (value: string) => string | undefined;
  /** The URL of the pages for people, and the public URL of the calls. */
  readonly platformUrl: string;
  readonly gatewayUrl: string;
  readonly windows: Windows;
  readonly slots: Slots;
  readonly spool: Spool;
  readonly signer: AssertionSigner;
  readonly requestIds: RequestIds;
  readonly traceIds: TraceIds;
  readonly metrics: ThreadMetrics;
  readonly strangers: Strangers;
  readonly calls: CallLog;
}

/** The steps set these fields from top to bottom. */
export class Call {
  readonly exchange: Exchange;
  readonly state: State;
  readonly requestId: string;
  /** When the head arrived, wall clock, milliseconds. */
  readonly atMs: number;

  // set by `target`
  /** Length of the path in the target: the query begins there. */
  pathEnd = 0;

  // set by `route`
  version: VersionNode | undefined = undefined;
  operation: Operation | undefined = undefined;
  /** Offset in the target of the part after the version. */
  restAt = 0;
  /** That part without the query, in canonical form (RFC 3986 §6.2.2), if it matters which operation a call is. */
  rest: string | undefined = undefined;
  /** Scopes that the operation needs, by local name. They cover every operation that an upstream may read the path as. */
  scopes: readonly string[] = [];
  /** Why the request does not clearly mean one operation. */
  ambiguity: string | undefined = undefined;

  // set by `identify`
  identity: Identity | undefined = undefined;
  /** The same identity, if it comes from a token. */
  pass: Pass | undefined = undefined;
  /** The field `DPoP`; empty if there were several. */
  proof: string | undefined = undefined;
  /** The proof or nonce that the call uses up when it is forwarded. */
  once: Once | undefined = undefined;
  /** For the field `DPoP-Nonce` of the answer. */
  proofNonce: string | undefined = undefined;
  /** Whether `Signature-Input` names a key of this platform. */
  isSigned = false;
  /** Checks the content of a signed request against its digest. */
  watch: ContentWatch | undefined = undefined;
  /** Whether the scheme of `Authorization` is `DPoP`. */
  isProofScheme = false;
  /** `X-Forwarded-For` and `Client-Cert`, from any sender. Several `Client-Cert` fields: empty. */
  forwardedFor: string | undefined = undefined;
  clientCert: string | undefined = undefined;
  /** The content of each `Cookie` field without the platform's cookies; undefined: nothing is left. */
  cookies: (string | undefined)[] | undefined = undefined;
  /** The address of the client: the peer, or the client of a trusted proxy. */
  address: string;
  /** The fields of the client that are not forwarded, including the credential: `drop` in steps/credential.ts. */
  drops = 0;
  traceparent: string | undefined = undefined;

  // set by `authorise`
  subscription: SubscriptionNode | undefined = undefined;
  grant: Grant | undefined = undefined;
  /** Scopes that the credential holds, by local name. Undefined: the credential is not limited to scopes. */
  held: ReadonlySet<string> | undefined = undefined;

  // set by `limit`
  /** Value of `RateLimit`; empty: no limits. */
  rateLimit = '';
  retryAfter = '';
  /** The place that the call holds in the concurrency of its plan, until it ends. */
  slot: Hash64 | undefined = undefined;

  // why it was refused
  refusal: ErrorCode | undefined = undefined;
  detail: string | undefined = undefined;
  /** The action for the caller. It may name objects of the calling tenant, which the provider must not see. */
  remedy: string | undefined = undefined;
  /** `WWW-Authenticate` of the refusal, if it says more than that a credential is needed. */
  challenge: string | undefined = undefined;

  constructor(exchange: Exchange, state: State, requestId: string, atMs: number) {
    this.exchange = exchange;
    this.state = state;
    this.requestId = requestId;
    this.atMs = atMs;
    this.address = exchange.remoteAddress;
  }
}

/**
 * A step continues the call (undefined), or ends it with a code of the catalogue. It is synchronous: the hot path has no
 * promise.
 */
export interface Step {
  readonly name: string;
  /** The codes that this step can end a call with. */
  readonly refusals: readonly ErrorCode[];
  readonly run: (call: Call, gate: Gate) => ErrorCode | undefined;
}
