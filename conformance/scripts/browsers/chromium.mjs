import { chromium } from 'playwright-core';

/** Debian's Chromium, without a window. @param {string[]} args further arguments of the command line */
export async function launchChromium(args = []) {
  return chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox', ...args] });
}
