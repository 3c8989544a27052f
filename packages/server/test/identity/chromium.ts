/** Chromium, and what every page is held to in it. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

const pictures = join(tmpdir(), 'tulou-pages');

export async function launch(): Promise<Browser> {
  await mkdir(pictures, { recursive: true });
  const flags = '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking';
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [...flags.split(' '), '--disable-component-update', '--disable-sync'],
  });
}

/** Takes pictures, and holds the page to what can be measured: nothing is wider than the window, each field has a label. */
export async function look(page: Page, name: string): Promise<void> {
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
    const widths = await page.evaluate<[number, number]>('[document.documentElement.scrollWidth, innerWidth]');
    assert.ok(widths[0] <= widths[1], `${name} is ${widths[0]} wide in ${widths[1]}`);
    const small = await page.evaluate<string[]>(
      `[...document.querySelectorAll('button, label.choice')].filter((one) => one.getBoundingClientRect().height < 44).map((one) => one.textContent)`,
    );
    assert.deepEqual(small, [], `${name}: too small to be touched`);
  }
  const unlabelled = await page.evaluate<number>(
    `[...document.querySelectorAll('input:not([type=hidden])')].filter((one) => one.labels.length !== 1).length`,
  );
  assert.equal(unlabelled, 0);
}
