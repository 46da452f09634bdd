import { chromium } from 'playwright-core';

/** @typedef {import('playwright-core').Browser} Browser */
/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').FilePayload} FilePayload */

/**
 * Starts Debian's Chromium without a window.
 *
 * @param {string[]} args further arguments of Chromium's command line
 */
export async function launchChromium(args = []) {
  return chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox', ...args] });
}
