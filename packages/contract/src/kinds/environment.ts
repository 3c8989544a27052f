import { z } from 'zod';

/** What keys and OAuth clients belong to. Calls of the two are forwarded, limited and counted apart. */
export const environment = z.enum(['test', 'live']);
export type Environment = z.output<typeof environment>;
