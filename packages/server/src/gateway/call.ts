/** One call on its way through the steps, and what the steps work with. */
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

/** What each thread has one of. `state` is swapped when configuration changes; undefined: none yet. */
export interface Gate {
  state: State | undefined;
  /** No new work is wanted: `/readyz` says so. */
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
  /** Who may say for whom it forwards. */
  readonly proxies: TrustedProxies;
  readonly freshness: Freshness;
  /** Of the host of this machine; undefined: services have no host here. */
  readonly ingress: Ingress | undefined;
  /** What is left of a `Set-Cookie` of an upstream. */
  readonly keepCookie: (value: string) => string | undefined;
  /** Where people go, and the public address of the calls. */
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

/** The steps fill this in from top to bottom. */
export class Call {
  readonly exchange: Exchange;
  readonly state: State;
  readonly requestId: string;
  /** When the head came, wall clock, milliseconds. */
  readonly atMs: number;

  // set by `target`
  /** Length of the path in the target: the query begins there. */
  pathEnd = 0;

  // set by `route`
  version: VersionNode | undefined = undefined;
  operation: Operation | undefined = undefined;
  /** Where, in the target, the part after the version begins. */
  restAt = 0;
  /** That part without the query, canonical (RFC 3986 §6.2.2), where it matters which operation a call is. */
  rest: string | undefined = undefined;
  /** Scopes that the operation needs, by their own names: of every operation that an upstream may read the path as. */
  scopes: readonly string[] = [];
  /** Why the request cannot be trusted to mean one operation. */
  ambiguity: string | undefined = undefined;

  // set by `identify`
  identity: Identity | undefined = undefined;
  /** The identity again, where it is a token's. */
  pass: Pass | undefined = undefined;
  /** The field `DPoP`; empty: there were several. */
  proof: string | undefined = undefined;
  /** What the call uses up when it is let through. */
  once: Once | undefined = undefined;
  /** For the field `DPoP-Nonce` of the answer. */
  proofNonce: string | undefined = undefined;
  /** Whether `Signature-Input` names a key of ours. */
  isSigned = false;
  /** Holds the content of a signed request against its digest. */
  watch: ContentWatch | undefined = undefined;
  /** Whether the scheme of `Authorization` is `DPoP`. */
  isProofScheme = false;
  /** `X-Forwarded-For` and `Client-Cert`, from whomever; several of the latter: empty. */
  forwardedFor: string | undefined = undefined;
  clientCert: string | undefined = undefined;
  /** What each `Cookie` field holds but the platform's cookies; undefined: nothing. */
  cookies: (string | undefined)[] | undefined = undefined;
  /** Of the client: the peer, or whom a trusted proxy forwards for. */
  address: string;
  /** Which fields of the client are not forwarded, the credential among them: `drop` in steps/credential.ts. */
  drops = 0;
  traceparent: string | undefined = undefined;

  // set by `authorise`
  subscription: SubscriptionNode | undefined = undefined;
  grant: Grant | undefined = undefined;
  /** Scopes that the credential holds, by their own names; undefined: it is not limited to scopes. */
  held: ReadonlySet<string> | undefined = undefined;

  // set by `limit`
  /** Value of `RateLimit`; empty: no limits. */
  rateLimit = '';
  retryAfter = '';
  /** The place that the call takes of its plan's concurrency, until it ends. */
  slot: Hash64 | undefined = undefined;

  // why it was refused
  refusal: ErrorCode | undefined = undefined;
  detail: string | undefined = undefined;
  /** What the caller can do; it may name objects of the calling tenant, which the provider does not see. */
  remedy: string | undefined = undefined;
  /** `WWW-Authenticate` of the refusal, where it can say more than that a credential is needed. */
  challenge: string | undefined = undefined;

  constructor(exchange: Exchange, state: State, requestId: string, atMs: number) {
    this.exchange = exchange;
    this.state = state;
    this.requestId = requestId;
    this.atMs = atMs;
    this.address = exchange.remoteAddress;
  }
}

/** A step lets the call go on (undefined), or ends it with a code of the catalogue. Synchronous: the hot path has no promise. */
export interface Step {
  readonly name: string;
  /** The codes that this step can end a call with. */
  readonly refusals: readonly ErrorCode[];
  readonly run: (call: Call, gate: Gate) => ErrorCode | undefined;
}
