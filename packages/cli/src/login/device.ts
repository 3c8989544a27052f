/** Signing in on another device (RFC 8628), for machines without a browser. */
import * as oauth from 'oauth4webapi';
import type { Login } from '../contexts.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { say } from '../language/say.ts';
import { printText } from '../terminal/print.ts';
import { printable } from '../terminal/text.ts';
import { authentication, client, loginOf, scope, speaking, type Issuer } from './issuer.ts';

/** RFC 8628 §3.5, seconds. */
const intervalDefault = 5;
const slowDown = 5;

export function loginByDevice(issuer: Issuer, io: Io): Promise<Login> {
  const { as, resource, options } = issuer;
  return speaking(as.issuer, async () => {
    const parameters = { scope, resource };
    const asked = await oauth.deviceAuthorizationRequest(as, client, authentication, parameters, options());
    const device = await oauth.processDeviceAuthorizationResponse(as, client, asked);
    const address = printable(device.verification_uri);
    printText(
      say`On any device, open\n\n  ${address}\n\nand enter the code\n\n  ${printable(device.user_code)}\n`,
      io.stderr,
      io,
    );
    return poll(issuer, device, io);
  });
}

async function poll(
  { as, resource, options }: Issuer,
  device: oauth.DeviceAuthorizationResponse,
  io: Io,
): Promise<Login> {
  let interval = device.interval ?? intervalDefault;
  const untilMs = io.now() + device.expires_in * 1000;
  while (io.now() < untilMs) {
    await io.sleep(interval * 1000);
    const poll = { ...options(), additionalParameters: { resource } };
    const response = await oauth.deviceCodeGrantRequest(as, client, authentication, device.device_code, poll);
    try {
      return loginOf(await oauth.processDeviceCodeResponse(as, client, response), io);
    } catch (error) {
      if (!(error instanceof oauth.ResponseBodyError)) throw error;
      if (error.error === 'slow_down') interval += slowDown;
      else if (error.error !== 'authorization_pending') throw error;
    }
  }
  throw new Failure('The sign-in timed out', { exit: 'denied', help: 'Run "tulou login --device" again.' });
}
