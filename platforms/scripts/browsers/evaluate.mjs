import { evaluateInChromium } from './chromium.mjs';
import { evaluateInFirefox } from './firefox.mjs';
import { evaluateInWebKit } from './webkit.mjs';

const BROWSERS = { chromium: evaluateInChromium, firefox: evaluateInFirefox, webkit: evaluateInWebKit };

/**
 * Open a page in a browser and wait for an expression to have a value.
 *
 * @param {keyof typeof BROWSERS} browser
 * @returns {Promise<{ version: string, value: unknown }>}
 */
export function evaluateIn(browser, url, expression) {
  return BROWSERS[browser](url, expression);
}
