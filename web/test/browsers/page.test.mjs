// The page's main path, by clicks, in three browsers. After `node web/scripts/build.mjs`; needs a Node that puppeteer runs on:
// web/scripts/check-browsers.mjs brings it.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { ISOLATION, serveFolder } from '../../../scripts/static-server.mjs';
import { DRIVERS, until } from './drivers.mjs';

const SCREENSHOTS = 'build/screenshots';
mkdirSync(SCREENSHOTS, { recursive: true });

const text = (id) => `document.getElementById('${id}').textContent`;

for (const [name, start] of Object.entries(DRIVERS)) {
  test(`${name}: from a checkpoint to classes, checked to the last bit`, { timeout: 240_000 }, async () => {
    const server = await serveFolder('web/dist', { headers: ISOLATION });
    const driver = await start();
    try {
      await driver.goto(`${server.url}/`);
      await until(driver, `document.readyState === 'complete'`);
      await driver.click('#use-example');
      await until(driver, `${text('model-status')}.startsWith('Converted')`);
      assert.equal(await driver.evaluate(`document.getElementById('model-error').hidden`), true);
      assert.match(await driver.evaluate(`document.getElementById('download').href`), /^blob:/);
      await driver.click('#use-example-images');
      await until(driver, `${text('images-status')}.startsWith('8 images')`);
      assert.equal(await driver.evaluate(`document.querySelectorAll('#results li .bar.first').length`), 8);
      // What examples/expected-logits.npy says: PyTorch's classes.
      const first = await driver.evaluate(
        `[...document.querySelectorAll('#results li .bar.first .name')].map((it) => it.textContent).join(' ')`,
      );
      assert.equal(first, 'ship automobile deer cat deer dog frog ship');
      await driver.click('#verify');
      assert.match(await until(driver, text('verdict')), /^Exact: 184,320 bits of 18 binary layers/);
      await driver.click('#profile');
      await until(driver, `document.querySelectorAll('#time-bars .bar').length > 20`);
      await driver.click('[name="kernels"][value="scalar"]');
      await until(driver, `${text('engine')}.includes('"scalar" was asked for')`);
      await driver.click('#verify');
      assert.match(await until(driver, text('verdict')), /^Exact/);
      await driver.screenshot(`${SCREENSHOTS}/${name}.png`);
    } finally {
      await driver.close();
      server.close();
    }
  });
}
