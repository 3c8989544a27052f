import { z } from 'zod';

/** The environment of a key or an OAuth client. Calls of the two are forwarded, limited and counted apart. */
export const environment = z.enum(['test', 'live']);
export type Environment = z.output<typeof environment>;
