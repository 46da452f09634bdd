// The zoo's models on the page, in Chromium.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { file, servePage, settled } from './chromium-page.mjs';

/** @type {import('../../../zoo/scripts/zoo-files.mjs').ZooModel[]} */
const models = JSON.parse(readFileSync('zoo/models.json', 'utf8'));
const NAME = 'cifar10-resnet20';
const { open } = servePage();

test('each model is offered with its accuracy and size', async () => {
  const { context, page } = await open();
  await page.locator('#zoo').waitFor();
  const offered = await page.evaluate(() =>
    [.../** @type {HTMLSelectElement} */ (document.getElementById('zoo')).options].slice(1).map((it) => it.text),
  );
  assert.deepEqual(
    offered.map((text) => text.replace(/:.*/, '')),
    models.map(({ name }) => name),
  );
  for (const [i, { hits, images, bytes }] of models.entries()) {
    assert.ok(offered[i].includes(`, ${((100 * hits) / images).toFixed(1)} %, ${(bytes / 1000).toFixed(1)} kB`));
  }
  await context.close();
});

test('the one that is chosen classifies what is dropped, offline, too, once it was loaded', async () => {
  const { context, page, errors } = await open();
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.reload();
  await page.locator('#zoo').waitFor();
  await page.selectOption('#zoo', NAME);
  await settled(page);
  assert.equal(await page.textContent('#model-status'), `${NAME}.sgnw is checked and ready.`);
  const again = async () => {
    await page.setInputFiles('#image-files', [file('cat.png', readFileSync('examples/images/cat/0000.png'))]);
    await page.locator('#results .bar.first').waitFor();
    assert.equal(await page.textContent('#results .bar.first .name'), 'cat');
  };
  await again();
  await context.setOffline(true);
  await page.reload();
  await page.locator('#zoo').waitFor();
  await page.selectOption('#zoo', NAME);
  await settled(page);
  await again();
  assert.deepEqual(errors, []);
  await context.close();
});
