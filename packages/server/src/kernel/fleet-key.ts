/**
 * The fleet key: 32 bytes that control and all gateways of an installation have in common, and the database has not. Control
 * derives it from the master key; a gateway receives it when it registers. Values made with it are derived, not stored.
 */
import { createHmac } from 'node:crypto';

/** 32 bytes for one purpose. */
export const derived = (fleetKey: Uint8Array, purpose: string): Buffer =>
  createHmac('sha256', fleetKey).update(purpose).digest();

/** The secret of the HMAC key with this credential id. */
export const signingSecret = (fleetKey: Uint8Array, credentialId: string): Buffer =>
  derived(fleetKey, `request signatures ${credentialId}`);
