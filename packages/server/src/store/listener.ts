/** Announcements of PostgreSQL (NOTIFY): one connection for all channels, opened again whenever it breaks. */
import type { Clock } from '../kernel/clock.ts';
import { openPool, type Pool } from './pool.ts';

export interface Listener {
  /** Calls `wake` for each announcement, and after each reconnect, as something may have been missed. */
  listen(channel: string, wake: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const retryMs = 250;

/** Connects with the first channel. */
export function openListener(url: string, clock: Clock): Listener {
  const channels = new Map<string, Set<() => void>>();
  let pool: Pool | undefined;
  let closed = false;

  const open = (): Pool => {
    const opened = openPool({
      url,
      connectionsMax: 1,
      onNotify: (channel) => channels.get(channel)?.forEach((wake) => wake()),
      onClose: () => {
        if (pool !== opened) return;
        pool = undefined;
        void opened.end({ timeout: 0 });
        if (!closed && channels.size > 0) clock.after(retryMs, () => void restore());
      },
    });
    return opened;
  };

  /** All channels again, on a new connection. Where it fails, that connection's end brings the next attempt. */
  const restore = async (): Promise<void> => {
    if (closed || pool !== undefined) return;
    const current = (pool = open());
    try {
      for (const channel of channels.keys()) await current.unsafe(`listen ${quoted(channel)}`);
      for (const wakes of channels.values()) wakes.forEach((wake) => wake());
    } catch {
      if (pool !== current) return;
      pool = undefined;
      void current.end({ timeout: 0 });
      clock.after(retryMs, () => void restore());
    }
  };

  return {
    async listen(channel, wake) {
      const wakes = channels.get(channel) ?? new Set();
      channels.set(channel, wakes.add(wake));
      await (pool ??= open()).unsafe(`listen ${quoted(channel)}`);
      wake();
      return async () => {
        wakes.delete(wake);
        if (wakes.size > 0) return;
        channels.delete(channel);
        await pool?.unsafe(`unlisten ${quoted(channel)}`);
      };
    },
    async close() {
      closed = true;
      const last = pool;
      pool = undefined;
      await last?.end({ timeout: 0 });
    },
  };
}

function quoted(channel: string): string {
  return `"${channel.replaceAll('"', '""')}"`;
}
