import { launchChromium } from './chromium.mjs';
import { launchFirefox } from './firefox.mjs';
import { launchWebKit } from './webkit.mjs';

const OPEN = { chromium: openChromium, firefox: launchFirefox, webkit: launchWebKit };

/** Scripts are bodies of functions, as WebDriver has them. */
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
 * Open a page in a browser and wait for an expression to have a value.
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
    // Polled from here: Playwright's waitForFunction hangs under a Content-Security-Policy.
    for (;;) {
      const value = await browser.evaluate(`return (${expression}) ?? null`);
      if (value !== null) return { version: browser.version, value };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await browser.close();
  }
}
