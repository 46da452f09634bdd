import { launchChromium } from './chromium.mjs';
import { launchFirefox } from './firefox.mjs';
import { launchWebKit } from './webkit.mjs';

const OPEN = { chromium: openChromium, firefox: launchFirefox, webkit: launchWebKit };

/** Opens Chromium with the interface of the others. Scripts are function bodies, as in WebDriver. */
async function openChromium() {
  const browser = await launchChromium();
  const page = await browser.newPage();
  return {
    version: browser.version(),
    /** @param {string} url */
    goto: (url) => page.goto(url),
    /** @param {string} script */
    evaluate: (script) => page.evaluate(`(() => { ${script} })()`),
    close: () => browser.close(),
  };
}

/**
 * Opens a page in a browser and waits until an expression has a value.
 *
 * @param {keyof typeof OPEN} name
 * @param {string} url
 * @param {string} expression
 * @returns {Promise<{ version: string, value: unknown }>}
 */
export async function evaluateIn(name, url, expression) {
  const browser = await OPEN[name]();
  try {
    await browser.goto(url);
    // Polled from here, because Playwright's waitForFunction hangs under a Content-Security-Policy.
    for (;;) {
      const value = await browser.evaluate(`return (${expression}) ?? null`);
      if (value !== null) return { version: browser.version, value };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await browser.close();
  }
}
