/** Chromium, and the requirements for every page in it. */
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
    // Names under .test are of this machine: issuers of tenants, and other sites.
    args: [
      ...flags.split(' '),
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP *.test 127.0.0.1',
    ],
  });
}

/** Text whose contrast to its background is too low (WCAG 2.2, 1.4.3). Runs in the page. */
const faint = `(() => {
  const channels = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const groundOf = (one) => {
    for (let at = one; at !== null; at = at.parentElement) {
      const found = channels(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll('body *')].filter((one) =>
    one.checkVisibility() && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''));
  return texts.flatMap((one) => {
    const style = getComputedStyle(one);
    const [a, b] = [light(channels(style.color)), light(groundOf(one))].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = (a + 0.05) / (b + 0.05);
    return ratio < least ? [one.textContent.trim().slice(0, 40) + ' ' + ratio.toFixed(2)] : [];
  });
})()`;

/**
 * Takes pictures, and holds the page to what can be measured: nothing is wider than the window, each field has a label, all
 * that is read can be read, all that is touched can be touched.
 */
export async function look(page: Page, name: string): Promise<void> {
  for (const [width, height] of [
    [1440, 900],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(pictures, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      assert.deepEqual(await page.evaluate<string[]>(faint), [], `${name}, ${colorScheme}: too faint to be read`);
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
