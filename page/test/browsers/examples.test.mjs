// examples/browser as a reader would use it, in Chromium, with the built package. Needs `node scripts/build.mjs --only wasm,cli,runtime`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { build } from 'vite';
import { launchChromium } from '../../../conformance/scripts/browsers/chromium.mjs';
import { serveFolder } from '../../../scripts/modules/static-server.mjs';

const FOLDER = 'build/web-examples';
const CAT = 'examples/images/cat/0000.png';
const CHECKPOINT = 'examples/biper-resnet20-cifar10.pth';
/** @type {import('../../../conformance/scripts/browsers/chromium.mjs').Browser} */
let browser;

before(async () => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(`${FOLDER}/plain`, { recursive: true });
  const options = ['--labels', 'examples/labels.txt', '-o', `${FOLDER}/model.sgnw`];
  execFileSync(process.execPath, ['cli/dist/signwave.mjs', 'convert', CHECKPOINT, ...options], { stdio: 'ignore' });
  browser = await launchChromium();
});
after(() => browser.close());

/**
 * @param {import('../../../conformance/scripts/browsers/chromium.mjs').Page} page
 * @param {string} selector
 * @param {RegExp} wanted
 */
async function textOf(page, selector, wanted) {
  for (let n = 0; n < 200; n++) {
    const text = await page.textContent(selector);
    if (wanted.test(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return page.textContent(selector);
}

test('the plain page classifies an image, and does so again without a network', async () => {
  for (const name of ['plain.html', 'plain.js', 'service-worker.js'])
    copyFileSync(`examples/browser/${name}`, `${FOLDER}/plain/${name}`);
  cpSync('runtime/dist', `${FOLDER}/plain/signwave`, { recursive: true });
  copyFileSync(`${FOLDER}/model.sgnw`, `${FOLDER}/plain/model.sgnw`);
  const server = await serveFolder(`${FOLDER}/plain`);
  const context = await browser.newContext();
  const page = await context.newPage();
  const classify = async () => {
    await page.locator('progress').waitFor({ state: 'hidden' });
    await page.setInputFiles('input', CAT);
    return textOf(page, 'output', /%/);
  };
  await page.goto(`${server.url}/plain.html`);
  assert.match(await classify(), /^cat, 57\.\d %$/);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  server.close();
  await context.setOffline(true);
  await page.reload();
  assert.match(await classify(), /^cat, 57\.\d %$/);
  await context.close();
});

test('the plain page says what is wrong with a model that is not there', async () => {
  const server = await serveFolder(`${FOLDER}/plain`, {
    routes: { '/model.sgnw': (_, response) => response.writeHead(404).end() },
  });
  const page = await browser.newPage();
  await page.goto(`${server.url}/plain.html`);
  assert.match(await textOf(page, 'output', /404/), /^model\.sgnw: the server answered 404/);
  assert.equal(await page.isDisabled('input'), true);
  await page.close();
  server.close();
});

/**
 * The program in a README that has a text in it.
 *
 * @param {string} path
 * @param {string} text
 * @returns {string}
 */
function programOf(path, text) {
  const blocks = [...readFileSync(path, 'utf8').matchAll(/^```(?:js|ts)\n(.*?)^```$/gms)].map(([, code]) => code);
  return blocks.find((code) => code.includes(text)) ?? assert.fail(`${path} has no program with ${text}`);
}

for (const [readme, text] of [
  ['README.md', './signwave-runtime.js'],
  ['runtime/README.md', "from '@signwave/runtime'"],
  ['runtime/README.md', 'createWorkerModel'],
]) {
  test(`what ${readme} tells pages to do works as it is written: ${text}`, async () => {
    const program = programOf(readme, text)
      .replace('./signwave-runtime.js', './signwave/index.js')
      .replace("'@signwave/runtime/web'", "'./signwave/web.js'")
      .replace("'@signwave/runtime'", "'./signwave/index.js'");
    // What a page has around it: a canvas, a video of it, and what it knows of the model.
    const surroundings = `
      const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 32 });
      globalThis.context = canvas.getContext('2d');
      context.fillRect(8, 8, 16, 16);
      globalThis.video = Object.assign(document.createElement('video'), { muted: true, srcObject: canvas.captureStream(5) });
      await video.play();
      globalThis.signal = new AbortController().signal;
      globalThis.sha256 = '${createHash('sha256')
        .update(readFileSync(`${FOLDER}/model.sgnw`))
        .digest('hex')}';`;
    const folder = `${FOLDER}/readme`;
    mkdirSync(folder, { recursive: true });
    cpSync('runtime/dist', `${folder}/signwave`, { recursive: true });
    copyFileSync(`${FOLDER}/model.sgnw`, `${folder}/model.sgnw`);
    writeFileSync(`${folder}/program.js`, program);
    writeFileSync(
      `${folder}/main.js`,
      `${surroundings}\nawait import('./program.js').then(() => { document.title = 'done'; }, (error) => { document.title = String(error); });`,
    );
    writeFileSync(
      `${folder}/index.html`,
      '<!doctype html><title>starts</title><script type="module" src="main.js"></script>',
    );
    const server = await serveFolder(folder);
    const page = await browser.newPage();
    await page.goto(`${server.url}/`);
    await page.waitForFunction(() => document.title !== 'starts');
    assert.equal(await page.title(), 'done');
    await page.close();
    server.close();
  });
}

for (const { example, files } of [
  { example: 'vite', files: [] },
  { example: 'vite-slim', files: ['simd'] },
]) {
  test(`Vite packs the library, its worker and the model: ${example}.js`, async () => {
    const root = resolve(FOLDER, example);
    mkdirSync(`${root}/node_modules/@signwave`, { recursive: true });
    symlinkSync(resolve('runtime'), `${root}/node_modules/@signwave/runtime`);
    copyFileSync(`examples/browser/${example}.js`, `${root}/main.js`);
    copyFileSync(`${FOLDER}/model.sgnw`, `${root}/model.sgnw`);
    writeFileSync(
      `${root}/index.html`,
      '<!doctype html><title>vite</title><video></video><script type="module" src="/main.js"></script>',
    );
    await build({
      root,
      configFile: false,
      logLevel: 'warn',
      build: { assetsInlineLimit: 0 },
      worker: { format: 'es' },
    });
    const server = await serveFolder(`${root}/dist`);
    const page = await browser.newPage();
    /** @type {string[]} */
    const errors = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(`${server.url}/`);
    // A canvas gives the video its frames: a drawn square.
    const labels = await page.evaluate(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 32 });
      canvas.getContext('2d')?.fillRect(8, 8, 16, 16);
      const video = /** @type {HTMLVideoElement} */ (document.querySelector('video'));
      video.muted = true;
      video.srcObject = canvas.captureStream(5);
      await video.play();
      /** @type {Promise<{ label: string }[]>} */
      const table = new Promise((resolve) => {
        console.table = resolve;
      });
      // The module listens once its model is loaded.
      for (const end = performance.now() + 20_000; performance.now() < end; ) {
        video.click();
        const predictions = await Promise.race([
          table,
          /** @type {Promise<undefined>} */ (new Promise((resolve) => setTimeout(resolve, 300))),
        ]);
        if (predictions) return predictions.map(({ label }) => label);
      }
      return [];
    });
    assert.equal(labels.length, 5);
    assert.deepEqual(errors, []);
    const fetched = server.requests.flatMap((path) => /([a-z]+)-[\w-]+\.wasm$/.exec(path)?.[1] ?? []);
    assert.deepEqual(fetched, files);
    server.close();
  });
}
