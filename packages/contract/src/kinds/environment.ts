import { z } from 'zod';

/** The environment of keys and OAuth clients. Calls of the two are forwarded, limited and counted separately. */
export const environment = z.enum(['test', 'live']);
export type Environment = z.output<typeof environment>;
