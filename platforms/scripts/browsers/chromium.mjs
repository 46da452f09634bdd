import { chromium } from 'playwright-core';

/** Debian's Chromium, without a window. @param {string[]} args further arguments of the command line */
export async function launchChromium(args = []) {
  return chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox', ...args] });
}

/** @returns {Promise<{ version: string, value: unknown }>} of `expression`, once it is there. */
export async function evaluateInChromium(url, expression) {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    // Not waitForFunction: it hangs under a Content-Security-Policy.
    for (;;) {
      const value = await page.evaluate(expression);
      if (value !== undefined) return { version: browser.version(), value };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await browser.close();
  }
}
