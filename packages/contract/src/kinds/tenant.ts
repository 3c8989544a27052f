import { z } from 'zod';
import { activity } from './activity.ts';

export const tenantKind = z.object({ kind: z.literal('tenant'), key: z.string(), slug: z.string(), state: activity });
