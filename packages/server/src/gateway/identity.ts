/** The identity of this gateway: an id and an assertion key. Both are made on its first start and kept in its data folder. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { isId } from '@tulou/contract/ids';
import { z } from 'zod';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { newId, type Random } from '../kernel/random.ts';
import { generateAssertionKey, publicJwkOf } from './assertion.ts';
import { replaceFile } from './durable.ts';
import { setAside } from './set-aside.ts';

/** Version 0.1.0 wrote no `sum`. */
const identityFile = z.object({
  id: z.string().refine((text) => isId('gateway', text)),
  key: z.string().refine(isEd25519),
  sum: z.int().optional(),
});
export type GatewayIdentity = Readonly<Record<'id' | 'key', string>>;

const fileName = 'identity.json';

/**
 * Reads the identity in `folder`, or makes one (mode 0600). A damaged identity is set aside, because a gateway may be a new
 * one.
 */
export function openIdentity(folder: string, deps: { clock: Clock; random: Random; log: Log }): GatewayIdentity {
  const kept = read(join(folder, fileName), deps.log);
  if (kept !== undefined) return kept;
  const fresh = { id: newId('gateway', deps.clock, deps.random), key: generateAssertionKey() };
  try {
    keepIdentity(folder, fresh);
  } catch (error) {
    // The disk is full. The write is tried again every second.
    deps.log.error({ error: String(error) }, 'the identity of this gateway cannot be kept');
  }
  return fresh;
}

export function keepIdentity(folder: string, { id, key }: GatewayIdentity): void {
  replaceFile(join(folder, fileName), JSON.stringify({ id, key, sum: sumOf(id, key) }));
}

function read(path: string, log: Log): GatewayIdentity | undefined {
  try {
    const { id, key, sum } = identityFile.parse(JSON.parse(readFileSync(path, 'utf8')));
    if (sum === undefined || sum === sumOf(id, key)) return { id, key };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  }
  setAside(path, 'it is damaged', 'this gateway gets a new id and a new key, and registers them', log);
  return undefined;
}

const sumOf = (id: string, key: string): number => crc32(`${id} ${key}`);

function isEd25519(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ed25519';
  } catch {
    return false;
  }
}

/** Control deletes the key of a gateway a week after its last registration. */
const againMs = 3_600_000;
const retryMs = 2000;
const timeoutMs = 10_000;

/** An older control answers without content (204). */
const answer = z.object({ fleet_key: z.string().regex(/^[\w-]{43}$/) });

export interface RegistrationDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof fetch;
  /** The answer of control holds the fleet key. */
  readonly onFleetKey: (key: Buffer) => void;
}

/** Registers the public key at control: now, again after a failure, and every hour. */
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
