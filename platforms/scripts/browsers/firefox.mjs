import puppeteer from 'puppeteer-core';

/** Debian's Firefox by WebDriver BiDi, without a window. Playwright can't drive it. */
export async function launchFirefox() {
  return puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true });
}

/** @returns {Promise<{ version: string, value: unknown }>} of `expression`, once it is there. */
export async function evaluateInFirefox(url, expression) {
  const browser = await launchFirefox();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    for (;;) {
      const value = await page.evaluate(expression);
      if (value !== undefined) return { version: (await browser.version()).replace(/^.*\//, ''), value };
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await browser.close();
  }
}
