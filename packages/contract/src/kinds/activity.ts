/** Parts that several kinds of snapshot objects share. */
import { z } from 'zod';

/** Whether a tenant or an app may call and be called. */
export const activity = z.enum(['active', 'suspended']);
