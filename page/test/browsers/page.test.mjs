// The page's main path, by clicks, in three browsers. After `node page/scripts/build.mjs`.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { ISOLATION, serveFolder } from '../../../scripts/modules/static-server.mjs';
import { DRIVERS, until } from './drivers.mjs';

const SCREENSHOTS = 'build/screenshots';
mkdirSync(SCREENSHOTS, { recursive: true });

/** @param {string} id */
const text = (id) => `document.getElementById('${id}').textContent`;

for (const [name, start] of Object.entries(DRIVERS)) {
  test(`${name}: from a host that doesn't isolate the page, one thread works, and the page says why`, {
    timeout: 120_000,
  }, async () => {
    const server = await serveFolder('page/dist');
    const driver = await start();
    try {
      await driver.goto(`${server.url}/`);
      await until(driver, `document.readyState === 'complete'`);
      await driver.click('#use-example');
      await until(driver, `${text('model-status')}.startsWith('Converted')`);
      assert.match(await driver.evaluate(text('engine')), /1 thread: the page is not cross-origin isolated/);
      assert.equal(await driver.evaluate(`document.getElementById('threads').disabled`), true);
      await driver.click('#use-example-images');
      await until(driver, `${text('images-status')}.startsWith('8 images')`);
    } finally {
      await driver.close();
      server.close();
    }
  });

  test(`${name}: from a checkpoint to classes, checked to the last bit`, { timeout: 240_000 }, async () => {
    const server = await serveFolder('page/dist', { headers: ISOLATION });
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
      assert.match(await driver.evaluate(text('engine')), /; \d threads: the machine has \d+ cores\.$/);
      await driver.click('#verify');
      assert.match(await until(driver, text('verdict')), /^Exact: 184,320 bits of 18 binary layers/);
      await driver.click('#profile');
      await until(driver, `document.querySelectorAll('#time-bars .bar').length > 20`);
      await driver.click('[name="threads"][value="1"]');
      await until(driver, `${text('engine')}.includes('1 thread: one thread is the default')`);
      assert.equal(await driver.evaluate(`document.getElementById('threads').disabled`), false);
      await driver.click('[name="threads"][value="auto"]');
      await until(driver, `${text('engine')}.includes(' threads: ')`);
      await driver.click('[name="kernels"][value="scalar"]');
      await until(driver, `${text('engine')}.includes('"scalar" was asked for')`);
      assert.match(await driver.evaluate(text('engine')), /1 thread: the scalar kernels run on one thread/);
      assert.equal(await driver.evaluate(`document.getElementById('threads').disabled`), true);
      await driver.click('#verify');
      assert.match(await until(driver, text('verdict')), /^Exact/);
      await driver.screenshot(`${SCREENSHOTS}/${name}.png`);
    } finally {
      await driver.close();
      server.close();
    }
  });
}
