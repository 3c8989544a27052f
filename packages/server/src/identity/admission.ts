/**
 * Which requests of the identity server are admitted, and in whose turn: by address, because most of them prove nothing, and by
 * issuer, so that a flood at one tenant's issuer leaves room for the others'.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Lanes, type LaneBounds, type Leave } from '../http/lanes.ts';
import { networkOf } from '../http/network.ts';
import { Rates } from '../http/rates.ts';
import { received } from '../http/received.ts';
import type { Admissions } from '../http/refusals.ts';
import { clientOf } from '../http/trusted-proxies.ts';
import type { Clock } from '../kernel/clock.ts';

export interface IdentityAdmission {
  /** Resolves with what to call when the request is answered. Throws a refusal. */
  enter(tenantUuid: string, message: IncomingMessage, response: ServerResponse): Promise<Leave>;
}

export interface IdentityBounds {
  readonly requestsPerSecond: number;
  readonly requestsAtOnce: number;
}

const burstSeconds = 10;
const keysMax = 50_000;
/** One address, over all issuers, may send as much as at so many of them. */
const issuersOfAddress = 4;

/** From the first byte to the last: slow senders of one address hold its own places only. */
const arriving: LaneBounds = {
  atOnceMax: 2000,
  laneAtOnceMax: 32,
  waitingMax: 1000,
  laneWaitingMax: 64,
  waitMsMax: 10_000,
};

export function openIdentityAdmission(
  { requestsPerSecond, requestsAtOnce }: IdentityBounds,
  admissions: Admissions,
  clock: Clock,
): IdentityAdmission {
  const rate = (name: string, perSecond: number): Rates =>
    new Rates({ name, what: 'requests from this address', perSecond, burst: perSecond * burstSeconds, keysMax }, clock);
  const [atIssuer, inAll] = [rate('issuer', requestsPerSecond), rate('address', requestsPerSecond * issuersOfAddress)];
  const arrivals = new Lanes('requests', arriving, clock, admissions.events('identity_arrivals'));
  const half = Math.max(1, Math.floor(requestsAtOnce / 2));
  const places = { atOnceMax: requestsAtOnce, laneAtOnceMax: half };
  const work = new Lanes('requests', { ...arriving, ...places }, clock, admissions.events('identity'));
  const enterLanes = async (tenantUuid: string, network: string, message: IncomingMessage): Promise<Leave> => {
    const leave = await arrivals.enter(network);
    try {
      await received(message);
      const done = await work.enter(tenantUuid);
      return () => {
        done();
        leave();
      };
    } catch (error) {
      leave();
      throw error;
    }
  };
  return {
    async enter(tenantUuid, message, response) {
      const network = networkOf(clientOf(message).address);
      try {
        inAll.hold(network);
        const fields = atIssuer.hold(`${tenantUuid} ${network}`);
        for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
        return await enterLanes(tenantUuid, network, message);
      } catch (error) {
        await admissions.refused('identity', error, network);
        throw error;
      }
    },
  };
}
