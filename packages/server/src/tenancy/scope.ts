/**
 * The right to act for one tenant, as a value. It has a private constructor: the only way to one is a door
 * (`doors.ts`). Everything that reaches a tenant's data takes it as its first argument; there is no current tenant.
 */
import { idFromUuid, type Id } from '@tulou/contract';
import { assert } from '../kernel/assert.ts';
import type { Principal } from './principal.ts';

const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

let mint: (tenantUuid: string, principal: Principal, requestId: string) => TenantScope;

export class TenantScope {
  readonly #tenantUuid: string;
  readonly tenant: Id<'tenant'>;
  readonly principal: Principal;
  readonly requestId: string;

  static {
    mint = (tenantUuid, principal, requestId) => new TenantScope(tenantUuid, principal, requestId);
  }

  private constructor(tenantUuid: string, principal: Principal, requestId: string) {
    assert(uuidShape.test(tenantUuid), 'a scope needs a validated UUID');
    this.#tenantUuid = tenantUuid;
    this.tenant = idFromUuid('tenant', tenantUuid);
    this.principal = principal;
    this.requestId = requestId;
  }

  /** The tenant as PostgreSQL knows it; validated, so that it may stand as a literal in `SET LOCAL`. */
  get tenantUuid(): string {
    return this.#tenantUuid;
  }

  /** A key for a cache, lock, limit, file or log, in this tenant's own space. */
  key(...parts: readonly string[]): string {
    return [this.#tenantUuid, ...parts.map(encodeURIComponent)].join('/');
  }

  /** Whether a value was made by a door. A look-alike object is not a scope, whatever its type says. */
  static isScope(value: unknown): value is TenantScope {
    return typeof value === 'object' && value !== null && #tenantUuid in value;
  }
}

/** For `doors.ts` and nothing else; the import law says so. */
export { mint as unsafe_mintScope };
