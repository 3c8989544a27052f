/**
 * Tries to connect to an upstream, as a gateway would: name, address guard, connection, TLS with its certificate. Sends no
 * request. The result is advice: a gateway can be in another network than control.
 */
import { lookup } from 'node:dns';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { UpstreamCause } from '@tulou/contract/causes';
import { addressGuard, type AllowedClass } from '../../http/address-guard.ts';
import { connectCause } from '../../http/connect-cause.ts';
import type { Clock } from '../../kernel/clock.ts';
import { hasDescriptors } from '../../kernel/descriptors.ts';

/** Why a connection to the origin of this URL cannot be opened; undefined: it can, or nothing is known. */
export type Probe = (url: URL) => Promise<UpstreamCause | undefined>;

export const probeBounds = { timeoutMs: 2000, atOnceMax: 64 } as const;

type Phase = 'dns' | 'connect' | 'tls';

export interface ProbeOptions {
  readonly allow: readonly AllowedClass[];
  readonly timeoutMs?: number;
}

export function openProbe({ allow, timeoutMs = probeBounds.timeoutMs }: ProbeOptions, clock: Clock): Probe {
  const guard = addressGuard(allow);
  let running = 0;
  return async (url) => {
    if (running >= probeBounds.atOnceMax) return undefined;
    running += 1;
    const attempt = new Attempt(url);
    const timer = clock.after(timeoutMs, () => attempt.expire());
    try {
      const cause = await attempt.run((address) => guard(address, isIP(address) === 6 ? 6 : 4) === undefined);
      return cause === 'gateway_out_of_descriptors' ? undefined : cause;
    } finally {
      timer.cancel();
      running -= 1;
    }
  };
}

class Attempt {
  readonly #url: URL;
  readonly #host: string;
  readonly #end = Promise.withResolvers<UpstreamCause | undefined>();
  #phase: Phase = 'dns';
  #socket: Socket | undefined;
  #isOver = false;

  constructor(url: URL) {
    this.#url = url;
    this.#host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  }

  async run(isAllowed: (address: string) => boolean): Promise<UpstreamCause | undefined> {
    lookup(this.#host, { all: true, order: 'verbatim' }, (error, found) => {
      if (this.#isOver) return;
      const allowed = (error === null ? found : []).map(({ address }) => address).filter(isAllowed);
      if (allowed.length > 0) this.#try(allowed, 0);
      else if (error === null) this.#settle('address_refused');
      else this.#settle(hasDescriptors() ? 'dns_failed' : undefined);
    });
    return this.#end.promise;
  }

  expire(): void {
    this.#settle(`${this.#phase}_timeout`);
  }

  #try(addresses: readonly string[], index: number): void {
    const host = addresses[index] ?? '';
    const isTls = this.#url.protocol === 'https:';
    const port = Number(this.#url.port) || (isTls ? 443 : 80);
    this.#phase = 'connect';
    const name = isIP(this.#host) === 0 ? { servername: this.#host } : {};
    // `host` is the checked address; the certificate must be for the name.
    const socket = isTls ? connectTls({ host, port, ...name }) : connect({ host, port });
    this.#socket = socket;
    if (isTls) socket.once('connect', () => (this.#phase = 'tls'));
    socket.once(isTls ? 'secureConnect' : 'connect', () => this.#settle(undefined));
    let fault: NodeJS.ErrnoException | undefined;
    socket.on('error', (error: NodeJS.ErrnoException) => void (fault = error));
    socket.once('close', () => {
      if (this.#isOver) return;
      if (index + 1 < addresses.length) this.#try(addresses, index + 1);
      else this.#settle(connectCause(fault, this.#phase === 'tls'));
    });
  }

  #settle(cause: UpstreamCause | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#socket?.destroy();
    this.#end.resolve(cause);
  }
}
