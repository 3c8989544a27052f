/** Who this gateway is: an id and an assertion key, made on its first start and kept in its data folder. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { idPrefixes } from '@tulou/contract/ids';
import { z } from 'zod';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { newId, type Random } from '../kernel/random.ts';
import { generateAssertionKey, publicJwkOf } from './assertion.ts';

const identityFile = z.object({ id: z.string().startsWith(`${idPrefixes.gateway}_`), key: z.string() });
export type GatewayIdentity = z.output<typeof identityFile>;

/** Reads the identity in `folder`, or makes one (mode 0600). */
export function openIdentity(folder: string, clock: Clock, random: Random): GatewayIdentity {
  const path = join(folder, 'identity.json');
  const kept = readIfThere(path);
  if (kept !== undefined) return identityFile.parse(JSON.parse(kept));
  const fresh = { id: newId('gateway', clock, random), key: generateAssertionKey() };
  writeFileSync(`${path}.new`, JSON.stringify(fresh), { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  return fresh;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Control forgets a gateway's key a week after it was last told. */
const againMs = 3_600_000;
const retryMs = 2000;
const timeoutMs = 10_000;

/** A control of before says nothing (204). */
const answer = z.object({ fleet_key: z.string().regex(/^[\w-]{43}$/) });

export interface RegistrationDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof fetch;
  /** Control's answer holds the fleet key. */
  readonly onFleetKey: (key: Buffer) => void;
}

/** Tells control the public key now, again where it did not take it, and every hour. */
export class Registration {
  readonly #deps: RegistrationDeps;
  readonly #url: URL;
  readonly #request: { readonly headers: Record<string, string>; readonly body: string };
  #timer: { cancel(): void } | undefined;
  #stopped = false;
  #failed = false;

  constructor(controlUrl: string, nodeToken: string, identity: GatewayIdentity, deps: RegistrationDeps) {
    this.#deps = deps;
    this.#url = new URL(`/internal/v1/gateways/${identity.id}`, controlUrl);
    this.#request = {
      headers: { authorization: `Bearer ${nodeToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ public_jwk: publicJwkOf(identity.key) }),
    };
  }

  async run(): Promise<void> {
    const done = await this.#put();
    if (this.#stopped) return;
    this.#timer = this.#deps.clock.after(done ? againMs : retryMs, () => void this.run());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #put(): Promise<boolean> {
    const timeout = new AbortController();
    const timer = this.#deps.clock.after(timeoutMs, () => timeout.abort());
    try {
      const response = await this.#deps.fetch(this.#url, { method: 'PUT', ...this.#request, signal: timeout.signal });
      const text = await response.text();
      if (!response.ok) throw new Error(`control answered ${response.status}`);
      if (response.status === 200)
        this.#deps.onFleetKey(Buffer.from(answer.parse(JSON.parse(text)).fleet_key, 'base64url'));
      this.#failed = false;
      return true;
    } catch (error) {
      if (!this.#failed) this.#deps.log.warn({ error: String(error) }, 'the assertion key cannot be registered');
      this.#failed = true;
      return false;
    } finally {
      timer.cancel();
    }
  }
}
