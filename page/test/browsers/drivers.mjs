// Three browsers behind one face: as much as clicking through the page takes.
import { writeFileSync } from 'node:fs';
import { launchChromium } from '../../../conformance/scripts/browsers/chromium.mjs';
import { launchFirefox } from '../../../conformance/scripts/browsers/firefox.mjs';
import { launchWebKit } from '../../../conformance/scripts/browsers/webkit.mjs';

/**
 * @typedef {object} Driver
 * @property {(url: string) => Promise<unknown>} goto
 * @property {(selector: string) => Promise<unknown>} click
 * @property {(expression: string) => Promise<any>} evaluate
 * @property {(path: string) => Promise<unknown>} screenshot
 * @property {() => Promise<unknown>} close
 */

/** @type {Record<string, () => Promise<Driver>>} */
export const DRIVERS = { chromium: driveChromium, firefox: driveFirefox, webkit: driveWebKit };

/** @returns {Promise<Driver>} */
async function driveChromium() {
  const browser = await launchChromium();
  const page = await browser.newPage();
  return {
    goto: (url) => page.goto(url),
    click: (selector) => page.click(selector),
    evaluate: (expression) => page.evaluate(expression),
    screenshot: (path) => page.screenshot({ path, fullPage: true }),
    close: () => browser.close(),
  };
}

/** @returns {Promise<Driver>} */
async function driveFirefox() {
  const browser = await launchFirefox();
  await browser.call('WebDriver:SetWindowRect', { width: 1100, height: 1000 });
  return {
    goto: browser.goto,
    click: async (selector) => {
      const { value } = await browser.call('WebDriver:FindElement', { using: 'css selector', value: selector });
      await browser.call('WebDriver:ElementClick', { id: Object.values(value)[0] });
    },
    evaluate: (expression) => browser.evaluate(`return ${expression}`),
    screenshot: async (path) => {
      const { value } = await browser.call('WebDriver:TakeScreenshot', { full: true });
      writeFileSync(path, Buffer.from(value, 'base64'));
    },
    close: browser.close,
  };
}

/** @returns {Promise<Driver>} */
async function driveWebKit() {
  const browser = await launchWebKit();
  return {
    goto: browser.goto,
    click: async (selector) => {
      const element = await browser.call('POST', '/element', { using: 'css selector', value: selector });
      await browser.call('POST', `/element/${Object.values(element)[0]}/click`, {});
    },
    evaluate: (expression) => browser.evaluate(`return ${expression}`),
    screenshot: async (path) => writeFileSync(path, Buffer.from(await browser.call('GET', '/screenshot'), 'base64')),
    close: browser.close,
  };
}

/**
 * Poll, since waiting inside of the page hangs under a Content-Security-Policy.
 *
 * @param {Driver} driver
 * @param {string} expression
 * @returns the first value that is true.
 */
export async function until(driver, expression, seconds = 60) {
  const endMs = performance.now() + 1000 * seconds;
  for (;;) {
    const value = await driver.evaluate(expression);
    if (value) return value;
    if (performance.now() > endMs) {
      const page = await driver.evaluate('document.body.innerText');
      throw new Error(`${expression} isn't true after ${seconds} s; the page says:\n${page}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
