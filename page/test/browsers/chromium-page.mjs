// The page in Chromium, as tests open it. After `node page/scripts/build.mjs`.
import { after, before } from 'node:test';
import { launchChromium } from '../../../conformance/scripts/browsers/chromium.mjs';
import { ISOLATION, serveFolder } from '../../../scripts/modules/static-server.mjs';

export const CHECKPOINT = 'examples/biper-resnet20-cifar10.pth';

/** @typedef {import('../../../conformance/scripts/browsers/chromium.mjs').Page} Page */

/**
 * A file to be dropped.
 *
 * @param {string} name
 * @param {string | Buffer} content
 */
export function file(name, content) {
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) };
}

/** Serve the page and start a browser for the tests of a file. */
export function servePage() {
  /** @type {import('../../../conformance/scripts/browsers/chromium.mjs').Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof serveFolder>>} */
  let server;
  before(async () => {
    browser = await launchChromium();
    server = await serveFolder('page/dist', { headers: ISOLATION });
  });
  after(async () => {
    await browser.close();
    server.close();
  });
  return {
    get url() {
      return server.url;
    },
    /** A page of a context of its own, and what it says about errors. */
    open: async (options = {}) => {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      /** @type {string[]} */
      const errors = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
      await page.goto(`${server.url}/`);
      return { context, page, errors };
    },
  };
}

/**
 * @param {Page} page
 * @param {readonly (string | import('../../../conformance/scripts/browsers/chromium.mjs').FilePayload)[]} [files]
 */
export async function convert(page, files = [CHECKPOINT, 'examples/config.txt', 'examples/labels.txt']) {
  await page.setInputFiles('#model-files', files);
  await settled(page);
}

/**
 * The model section has said something final.
 *
 * @param {Page} page
 */
export async function settled(page) {
  for (let n = 0; n < 600; n++) {
    const status = await page.textContent('#model-status');
    const isDone = /^Converted|is checked/.test(status) || (status === '' && (await page.isVisible('#model-error')));
    if (isDone) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the page neither converted nor said why not');
}
