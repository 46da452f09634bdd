// Files that are dropped on the page, in Chromium: wrong ones, images of every kind, labels, and checkpoints that leave something open.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, test } from 'node:test';
import { CHECKPOINT, convert, file, servePage, settled } from './chromium-page.mjs';

mkdirSync('build', { recursive: true });
const { open } = servePage();

describe('wrong files', () => {
  const checkpoint = readFileSync(CHECKPOINT);
  /** @type {[string, ReturnType<typeof file>[], RegExp][]} */
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
    const link = /** @type {HTMLElement} */ (document.getElementById('download'));
    new MutationObserver(() => globalThis.downloads.push(link.textContent)).observe(link, { childList: true });
  });
  await page.click('#conversion-options summary');
  await page.fill('#omega0', '20');
  const checkpoint = readFileSync(CHECKPOINT);
  await Promise.all([
    page.setInputFiles('#model-files', [file('a.pth', checkpoint)]),
    page.setInputFiles('#model-files', [file('b.pth', checkpoint)]),
  ]);
  await page.locator('#download', { hasText: 'b.sgnw' }).waitFor();
  await page.locator('#model-status', { hasText: /^Converted/ }).waitFor();
  assert.deepEqual(await page.evaluate(() => globalThis.downloads), ['Download a.sgnw', 'Download b.sgnw']);
  await page.setInputFiles('#image-files', ['examples/images/cat/0000.png']);
  await page.locator('#results .bar.first').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('a TensorFlow Lite model of Larq Compute Engine is converted, by a file that is loaded for it, and runs', async () => {
  const { context, page, errors } = await open();
  await convert(page, ['test/cases/checkpoints/larq/small/ties/model.tflite']);
  assert.match(await page.textContent('#model-status'), /^Converted.*the field “Input recipe” does/);
  await page.click('#conversion-options summary');
  await page.selectOption('#recipe', { label: 'larq' });
  await settled(page);
  assert.match(await page.textContent('#model-status'), /^Converted [^;]*\.$/);
  await page.setInputFiles('#image-files', ['examples/images/cat/0000.png']);
  await page.locator('#results .bar.first').waitFor();
  assert.deepEqual(errors, []);
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
  /** @type {{ files: { name: string, file: string }[] }} */
  const { files } = JSON.parse(readFileSync('data/test/node/golden.json', 'utf8'));
  const folder = 'build/kinds';
  mkdirSync(folder, { recursive: true });
  const paths = files.map(({ name, file }) => {
    writeFileSync(`${folder}/${name}`, Buffer.from(file, 'base64'));
    return `${folder}/${name}`;
  });
  const model = `${folder}/model.sgnw`;
  signwave('convert', CHECKPOINT, '-o', model, '--labels', 'examples/labels.txt');
  /** @type {{ image: string, predictions: { label: string, probability: number }[] }[]} */
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
      item.querySelector('.picture span')?.textContent,
      item.querySelector('.error')?.textContent ??
        [...item.querySelectorAll('.bar')]
          .map((bar) => `${bar.querySelector('.name')?.textContent} ${bar.querySelector('.value')?.textContent}`)
          .join(', '),
    ]),
  );
  /** @param {(string | undefined)[]} item */
  const isRefused = ([, text]) => text?.startsWith('E_IMAGE');
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
  const { context, page, errors } = await open();
  await convert(page, [file('two.safetensors', twoNetworks())]);
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
  /** @type {{ __metadata__: { omega0: string }, [name: string]: any }} */
  const { __metadata__, ...tensors } = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes));
  const data = bytes.subarray(8 + headerBytes);
  /** @type {Record<string, object>} */
  const header = {};
  for (const [i, prefix] of ['student.', 'teacher.'].entries()) {
    for (const [name, { data_offsets: offsets, ...rest }] of Object.entries(tensors))
      header[prefix + name] = {
        ...rest,
        data_offsets: offsets.map((/** @type {number} */ at) => at + i * data.length),
      };
  }
  const text = Buffer.from(JSON.stringify({ __metadata__: { omega0: __metadata__.omega0 }, ...header }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, data, data]);
}

/**
 * Run the command.
 *
 * @param {...string} args
 * @returns what it printed.
 */
function signwave(...args) {
  return execFileSync(process.execPath, ['cli/dist/signwave.mjs', ...args], { encoding: 'utf8', stdio: 'pipe' });
}

describe('labels', () => {
  const NAMES = ['plane', 'car', 'bird', 'kitten', 'deer', 'dog', 'frog', 'horse', 'boat', 'lorry'];
  /** @param {(name: string, index: number) => unknown} nameOf */
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
  /** @param {import('../../../conformance/scripts/browsers/chromium.mjs').Page} page */
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
