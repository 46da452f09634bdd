// What needs a browser, but not three: wrong files, offline, keyboard, accessibility, phones, and the comparison.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launchChromium } from '../../../platforms/scripts/browsers/chromium.mjs';
import { ISOLATION, serveFolder } from '../../../scripts/static-server.mjs';

const SCREENSHOTS = 'build/screenshots';
const CHECKPOINT = 'examples/biper-resnet20-cifar10.pth';
const PHONE = { viewport: { width: 412, height: 839 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
const require = createRequire(new URL('../../../platforms/package.json', import.meta.url));
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

let browser;
let server;
before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  browser = await launchChromium();
  server = await serveFolder('web/dist', { headers: ISOLATION });
});
after(async () => {
  await browser.close();
  server.close();
});

async function open(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`${server.url}/`);
  return { context, page, errors };
}

async function convert(page, files = [CHECKPOINT, 'examples/config.txt', 'examples/labels.txt']) {
  await page.setInputFiles('#model-files', files);
  await settled(page);
}

/** The model section has said something final. */
async function settled(page) {
  for (let n = 0; n < 600; n++) {
    const status = await page.textContent('#model-status');
    const isDone = /^Converted|is checked/.test(status) || (status === '' && (await page.isVisible('#model-error')));
    if (isDone) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('the page neither converted nor said why not');
}

describe('wrong files', () => {
  const file = (name, content) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });
  const checkpoint = readFileSync(CHECKPOINT);
  const cases = [
    ['an HTML page', [file('model.sgnw', '<!doctype html><p>not found')], /E_CHECKPOINT_KIND.*HTML page/],
    ['an empty file', [file('model.pth', '')], /E_CHECKPOINT_KIND.*empty/],
    ['a checkpoint that is cut short', [file('model.pth', checkpoint.subarray(0, 300_000))], /E_CHECKPOINT_STRUCTURE/],
    ['a checkpoint without omega0', [file('model.pth', checkpoint)], /E_OMEGA0/],
    ['labels without a model', [file('labels.txt', 'cat')], /E_USAGE/],
    ['two checkpoints', [file('a.pth', checkpoint), file('b.pth', checkpoint)], /E_USAGE.*2 models/],
  ];

  test('are each told in place, and the page stays usable', async () => {
    const { context, page, errors } = await open();
    for (const [name, files, message] of cases) {
      await convert(page, files);
      assert.match(await page.textContent('#model-error'), message, name);
    }
    await convert(page, [CHECKPOINT]);
    const withoutFrequency = await page.textContent('#model-error');
    assert.match(withoutFrequency, /E_OMEGA0.*take the config\.txt.*fill in the field “omega0”/);
    assert.doesNotMatch(withoutFrequency, /--/);
    await page.fill('#omega0', '20');
    await page.locator('#arch').focus();
    await settled(page);
    assert.match(await page.textContent('#model-status'), /^Converted.*; omega0 = 20 \(as entered\)\.$/);
    await page.selectOption('#arch', { label: 'biper-resnet18_1w1a' });
    await page.locator('#model-error', { hasText: 'E_CHECKPOINT_ARCH' }).waitFor();
    await page.selectOption('#arch', '');
    await settled(page);
    assert.equal(await page.isVisible('#model-error'), false);
    await page.setInputFiles('#image-files', [
      file('notes.png', 'no image'),
      file('cat.png', readFileSync('examples/images/cat/0000.png')),
    ]);
    await page.locator('#results .bar.first').waitFor();
    assert.match(await page.textContent('#results'), /E_IMAGE.*notes\.png/);
    const status = page.locator('#images-status', { hasText: /^1 image; 1 can’t be read\. \d+\.\d ms each/ });
    await status.waitFor();
    assert.match(await status.textContent(), /; the median of 5 warm runs\.$/);
    assert.deepEqual(errors, []);
    await context.close();
  });
});

test('a file of 2 GB is refused before it is read', async () => {
  const path = 'build/two-gigabytes.pth'; // a hole: it takes no room
  const descriptor = openSync(path, 'w');
  ftruncateSync(descriptor, 2 ** 31);
  closeSync(descriptor);
  const { context, page, errors } = await open();
  const startMs = performance.now();
  await convert(page, [path]);
  assert.match(await page.textContent('#model-error'), /E_USAGE.*2147483648 bytes.*use the command line/);
  assert.ok(performance.now() - startMs < 5000);
  await convert(page);
  assert.match(await page.textContent('#model-status'), /^Converted/);
  assert.deepEqual(errors, []);
  rmSync(path);
  await context.close();
});

test('of two files dropped one right after the other, the last stays open', async () => {
  const { context, page, errors } = await open();
  await page.evaluate(() => {
    globalThis.downloads = [];
    const link = document.getElementById('download');
    new MutationObserver(() => globalThis.downloads.push(link.textContent)).observe(link, { childList: true });
  });
  await page.click('#conversion-options summary');
  await page.fill('#omega0', '20');
  const checkpoint = readFileSync(CHECKPOINT);
  const file = (name) => ({ name, mimeType: 'application/octet-stream', buffer: checkpoint });
  await Promise.all([
    page.setInputFiles('#model-files', [file('a.pth')]),
    page.setInputFiles('#model-files', [file('b.pth')]),
  ]);
  await page.locator('#download', { hasText: 'b.sgnw' }).waitFor();
  await page.locator('#model-status', { hasText: /^Converted/ }).waitFor();
  assert.deepEqual(await page.evaluate(() => globalThis.downloads), ['Download a.sgnw', 'Download b.sgnw']);
  await page.setInputFiles('#image-files', ['examples/images/cat/0000.png']);
  await page.locator('#results .bar.first').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

describe('the camera', () => {
  const FAKE_CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
  const start = async (args, options) => {
    const launched = await launchChromium(args);
    const page = await (await launched.newContext(options)).newPage();
    await page.goto(`${server.url}/`);
    await convert(page);
    await page.click('#camera-toggle');
    return { launched, page };
  };

  test('gives classes again and again, until it is switched off', async () => {
    const { launched, page } = await start(FAKE_CAMERA, { permissions: ['camera'] });
    await page.locator('#camera .bar.first').waitFor();
    await page.evaluate(() => {
      globalThis.results = 0;
      new MutationObserver(() => globalThis.results++).observe(document.querySelector('#camera .result'), {
        childList: true,
      });
    });
    await page.waitForFunction(() => globalThis.results >= 5).catch(() => undefined);
    assert.ok((await page.evaluate(() => globalThis.results)) >= 5);
    const isLive = () => page.evaluate(() => document.querySelector('video').srcObject?.active ?? false);
    assert.equal(await isLive(), true);
    await page.click('#camera-toggle');
    assert.equal(await isLive(), false);
    assert.equal(await page.isVisible('#camera'), false);
    assert.equal(await page.isVisible('#images-error'), false);
    await launched.close();
  });

  test('stops when the page is hidden', async () => {
    const { launched, page } = await start(FAKE_CAMERA, { permissions: ['camera'] });
    await page.locator('#camera .bar.first').waitFor();
    await page.evaluate(() => {
      globalThis.track = document.querySelector('video').srcObject.getTracks()[0];
      Object.defineProperty(document, 'hidden', { value: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    assert.equal(await page.evaluate(() => globalThis.track.readyState), 'ended');
    assert.equal(await page.isVisible('#camera'), false);
    await launched.close();
  });

  test('that is not there, or not allowed, is told', async () => {
    const { launched, page } = await start([], {});
    await page.locator('#images-error', { hasText: /E_IMAGE.*the camera can't be used/ }).waitFor();
    assert.equal(await page.getAttribute('#camera-toggle', 'aria-pressed'), 'false');
    await launched.close();
  });
});

test('Chromium finds the page installable', async () => {
  const { context, page } = await open();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  const devtools = await context.newCDPSession(page);
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  // Contexts of tests are private windows, in which nothing can be installed.
  assert.deepEqual(
    installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== 'in-incognito'),
    [],
  );
  const { errors, data } = await devtools.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const manifest = JSON.parse(data);
  assert.equal(manifest.display, 'standalone');
  for (const address of [manifest.start_url, ...manifest.icons.map(({ src }) => src)])
    assert.equal((await page.request.get(`${server.url}/${address}`)).status(), 200, address);
  await context.close();
});

test('the downloaded model opens again', async () => {
  const { context, page } = await open();
  await convert(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
  assert.equal(download.suggestedFilename(), 'biper-resnet20-cifar10.sgnw');
  const bytes = readFileSync(await download.path());
  assert.equal(bytes.toString('latin1', 4, 8), 'SGNW');
  const model = { name: 'again.sgnw', mimeType: 'application/octet-stream', buffer: bytes };
  await convert(page, [model]);
  assert.match(await page.textContent('#model-status'), /again\.sgnw is checked and ready/);
  await context.close();
});

test('every kind of image has the classes and probabilities of signwave run', async () => {
  const { files } = JSON.parse(readFileSync('data/test/node/golden.json', 'utf8'));
  const folder = 'build/kinds';
  mkdirSync(folder, { recursive: true });
  const paths = files.map(({ name, file }) => {
    writeFileSync(`${folder}/${name}`, Buffer.from(file, 'base64'));
    return `${folder}/${name}`;
  });
  const model = `${folder}/model.sgnw`;
  signwave('convert', CHECKPOINT, '-o', model, '--labels', 'examples/labels.txt');
  const run = JSON.parse(signwave('run', model, ...paths, '--json'));
  const expected = run.map(({ image, predictions }) => [
    basename(image),
    predictions.map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`).join(', '),
  ]);

  const { context, page, errors } = await open();
  await convert(page, [model]);
  await page.setInputFiles('#image-files', paths);
  await page.locator('#images-status', { hasText: /^\d+ images/ }).waitFor({ timeout: 60_000 });
  const found = await page.evaluate(() =>
    [...document.querySelectorAll('#results li')].map((item) => [
      item.querySelector('.picture span').textContent,
      item.querySelector('.error')?.textContent ??
        [...item.querySelectorAll('.bar')]
          .map((bar) => `${bar.querySelector('.name').textContent} ${bar.querySelector('.value').textContent}`)
          .join(', '),
    ]),
  );
  const isRefused = ([, text]) => text.startsWith('E_IMAGE');
  assert.deepEqual(
    found.filter(isRefused).map(([name]) => name),
    files.map(({ name }) => name).filter((name) => name.endsWith('.tif')),
  );
  assert.deepEqual(
    found.filter((it) => !isRefused(it)),
    expected.filter(([name]) => !name.endsWith('.tif')),
  );
  assert.deepEqual(errors, []);
  await context.close();
});

test('one of several networks in a checkpoint is taken when its prefix is entered', async () => {
  const file = { name: 'two.safetensors', mimeType: 'application/octet-stream', buffer: twoNetworks() };
  const { context, page, errors } = await open();
  await convert(page, [file]);
  const said = await page.textContent('#model-error');
  assert.match(said, /E_CHECKPOINT_ARCH.*2 networks.*choose one in the field “Prefix”: student\./);
  assert.doesNotMatch(said, /--/);
  await page.fill('#prefix', 'student.');
  await page.locator('#state-dict').focus();
  await page.locator('#model-status', { hasText: /^Converted/ }).waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

/** A safetensors file with the example's network twice, under two prefixes. */
function twoNetworks() {
  const bytes = readFileSync('examples/signwave-cifar10-resnet20.safetensors');
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...tensors } = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes));
  const data = bytes.subarray(8 + headerBytes);
  const header = {};
  for (const [i, prefix] of ['student.', 'teacher.'].entries()) {
    for (const [name, { data_offsets: offsets, ...rest }] of Object.entries(tensors))
      header[prefix + name] = { ...rest, data_offsets: offsets.map((at) => at + i * data.length) };
  }
  const text = Buffer.from(JSON.stringify({ __metadata__: { omega0: __metadata__.omega0 }, ...header }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data, data]);
}

/** Run the command. @returns what it printed. */
function signwave(...args) {
  return execFileSync(process.execPath, ['cli/dist/signwave.mjs', ...args], { encoding: 'utf8', stdio: 'pipe' });
}

describe('labels', () => {
  const NAMES = ['plane', 'car', 'bird', 'kitten', 'deer', 'dog', 'frog', 'horse', 'boat', 'lorry'];
  const file = (name, content) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(content) });
  const asObject = (nameOf) => JSON.stringify(Object.fromEntries(NAMES.map((name, i) => [i, nameOf(name, i)])));
  const forms = [
    file('labels.txt', NAMES.join('\n')),
    file('names.json', JSON.stringify(NAMES)),
    file(
      'class-index.json',
      asObject((name, i) => [`n${i}`, name]),
    ),
    file('config.json', JSON.stringify({ id2label: JSON.parse(asObject((name) => name)) })),
  ];
  const firstOf = async (page) => {
    await page.setInputFiles('#image-files', ['examples/images/cat/0000.png']);
    await page.locator('#images-status', { hasText: /^1 image\./ }).waitFor();
    return page.textContent('#results .bar.first .name');
  };

  for (const labels of forms) {
    test(`of ${labels.name} are taken with a checkpoint, and beside a model`, async () => {
      const { context, page, errors } = await open();
      await convert(page, [
        file('a.pth', readFileSync(CHECKPOINT)),
        file('config.txt', readFileSync('examples/config.txt')),
        labels,
      ]);
      assert.equal(await firstOf(page), 'kitten');
      await convert(page);
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#download')]);
      const model = file('model.sgnw', readFileSync(await download.path()));
      await convert(page, [labels, model]);
      assert.match(
        await page.textContent('#model-status'),
        new RegExp(`is checked and ready; the labels of ${labels.name} replace those that were in the model\\.`),
      );
      assert.equal(await firstOf(page), 'kitten');
      await convert(page, [model, file('labels.txt', 'cat\ndog')]);
      assert.match(await page.textContent('#model-error'), /E_LABELS.*2 labels.*10 classes/);
      assert.deepEqual(errors, []);
      await context.close();
    });
  }
});

test('what other applications of the same origin have cached stays, and the page answers nothing for them', async () => {
  const { context, page } = await open();
  await page.evaluate(async () => {
    for (const name of ['another application', 'signwave-page of another folder']) await caches.open(name);
    await (await caches.open(`signwave-page ${location.origin}/ an older version`)).add('icon.svg');
  });
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).unregister());
  await page.reload();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null).catch(() => undefined);
  const names = await page.evaluate(() => caches.keys());
  assert.deepEqual(names.filter((name) => !name.startsWith(`signwave-page ${server.url}/ `)).sort(), [
    'another application',
    'signwave-page of another folder',
  ]);
  assert.ok(!names.some((name) => name.endsWith('an older version')), names.join());
  await page.evaluate(() => fetch('elsewhere.json').catch(() => undefined));
  const cached = await page.evaluate(() => caches.match('elsewhere.json').then((answer) => answer !== undefined));
  assert.equal(cached, false);
  await context.close();
});

test('a second visit needs no network', async () => {
  const { context, page } = await open();
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null).catch(() => undefined);
  await context.setOffline(true);
  await page.reload();
  await convert(page);
  assert.match(await page.textContent('#model-status'), /^Converted/);
  // What the service worker answers has the headers of the server.
  assert.match(await page.textContent('#engine'), /\d threads: the machine has/);
  await context.close();
});

test('the keyboard reaches everything, in the order of the page', async () => {
  const { context, page } = await open();
  const reached = [];
  for (let n = 0; n < 5; n++) {
    await page.keyboard.press('Tab');
    reached.push(
      await page.evaluate(
        () => document.activeElement?.id || document.activeElement?.className || document.activeElement?.tagName,
      ),
    );
  }
  assert.deepEqual(reached, ['skip', 'use-example', 'model-files', 'SUMMARY', 'BODY']);
  await page.focus('#use-example');
  await page.keyboard.press('Enter');
  await settled(page);
  await context.close();
});

for (const [name, options] of [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { ...PHONE, colorScheme: 'light' }],
]) {
  test(`${name}: axe-core finds nothing, and nothing is wider than the screen`, async () => {
    const { context, page } = await open(options);
    await convert(page);
    await page.setInputFiles('#image-files', ['examples/images/cat/0000.png', 'examples/images/ship/0001.png']);
    await page.locator('#results li:nth-child(2) .bar.first').waitFor();
    await page.click('#profile');
    await page.locator('#time-bars .bar').first().waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}/chromium-${name}.png`, fullPage: true });
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`),
      [],
    );
    const excess = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(excess <= 0, `${excess} pixels`);
    await context.close();
  });
}

const RESNET18 = '../shared/checkpoints/biper-resnet18-imagenet/model_best.pth.tar';

test('a network for ImageNet is converted, and no task keeps the page from answering', {
  timeout: 240_000,
}, async () => {
  const { context, page } = await open();
  await page.evaluate(() => {
    globalThis.longTasksMs = [];
    const note = (list) => globalThis.longTasksMs.push(...list.getEntries().map(({ duration }) => duration));
    new PerformanceObserver(note).observe({ type: 'longtask' });
  });
  await convert(page, [RESNET18, RESNET18.replace(/[^/]*$/, 'config.txt')]);
  console.log(await page.textContent('#model-status'));
  await page.setInputFiles('#image-files', [RESNET18.replace(/[^/]*$/, 'images/n02077923_sea_lion.JPEG')]);
  await page.locator('#results .bar.first').waitFor();
  // PyTorch’s class too, of its golden logits; the browser decodes JPEG as libjpeg-turbo does.
  assert.match(await page.textContent('#results .bar.first .name'), /^class 654$/);
  await page.click('#compare');
  await page.locator('#compare-bars .bar').first().waitFor({ timeout: 180_000 });
  console.log(await page.textContent('#speed-status'));
  const longTasksMs = await page.evaluate(() => globalThis.longTasksMs);
  console.log(`tasks of the page above 50 ms: ${longTasksMs.join(', ') || 'none'}`);
  // Converting takes a second and more where the page itself does it; what lies between is the machine's load, and is only printed.
  assert.ok(
    longTasksMs.every((ms) => ms < 1000),
    longTasksMs.join(', '),
  );
  await context.close();
});

test('drawing gives classes', async () => {
  const { context, page } = await open();
  await convert(page);
  await page.click('#draw-toggle');
  const box = await page.locator('#draw canvas').boundingBox();
  await page.mouse.move(box.x + 60, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + 150, box.y + 180, { steps: 5 });
  await page.mouse.up();
  await page.locator('#draw .bar.first').waitFor();
  await context.close();
});

test('ONNX Runtime Web of the page’s own files agrees and is at least 8 times as slow', async () => {
  const { context, page, errors } = await open();
  await convert(page);
  await page.click('#compare');
  await page.locator('#compare-bars .bar').first().waitFor({ timeout: 120_000 });
  const status = await page.textContent('#speed-status');
  console.log(status);
  assert.ok(Number(/([\d.]+)×/.exec(status)[1]) >= 8, status);
  assert.deepEqual(errors, []);
  await context.close();
});
