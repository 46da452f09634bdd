// Threads of @signwave/runtime/web in three browsers: in a page that is cross-origin isolated, in one that isn't, and under policies; in
// the page itself and in a worker. Needs `node scripts/build.mjs --only wasm,cli`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { ISOLATION, serveFolder } from '../../../scripts/modules/static-server.mjs';
import { buildLibrary } from './build-library.mjs';
import { DRIVERS, until } from './drivers.mjs';

const FOLDER = 'build/web-threads-test';
const PROGRAM = `
  import { createWorkerModel, load } from './library.js';
  const bytes = async () => new Uint8Array(await (await fetch('model.sgnw')).arrayBuffer());
  const image = () => Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => (i * 37) & 255);
  const describe = (model) => ({ threads: model.info().threads, reason: model.info().threadsReason });
  try {
    const one = await load(await bytes());
    const expected = JSON.stringify([...one.run(image())]);
    const here = await load(await bytes(), { threads: 2 });
    const there = await createWorkerModel(await bytes(), { threads: 2 });
    let isEqual = true;
    for (let n = 0; n < 20; n++) {
      isEqual &&= JSON.stringify([...here.run(image())]) === expected;
      isEqual &&= JSON.stringify([...(await there.run(image()))]) === expected;
    }
    window.result = JSON.stringify({ isEqual, page: describe(here), worker: describe(there) });
  } catch (error) {
    window.result = JSON.stringify({ error: String(error) });
  }`;

before(async () => {
  await buildLibrary(FOLDER);
  writeFileSync(`${FOLDER}/program.js`, PROGRAM);
  writeFileSync(
    `${FOLDER}/index.html`,
    '<!doctype html><meta charset="utf-8"><title>threads</title><script type="module" src="program.js"></script>',
  );
  const convert = ['convert', 'examples/biper-resnet20-cifar10.pth', '-o', `${FOLDER}/model.sgnw`];
  execFileSync(process.execPath, ['cli/dist/signwave.mjs', ...convert], { stdio: 'ignore' });
});

/** @param {string} workers */
const policy = (workers) =>
  `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src ${workers}; connect-src 'self'`;
const TWO = { threads: 2, reason: /^2 were asked for$/ };
const CASES = [
  { page: 'an isolated page has them, and its worker, too', headers: ISOLATION, expected: TWO },
  {
    page: 'so it has under a policy that lets workers be blobs',
    headers: { ...ISOLATION, 'content-security-policy': policy("'self' blob:") },
    expected: TWO,
  },
  {
    page: 'one thread works under a policy that forbids that, and says so',
    headers: { ...ISOLATION, 'content-security-policy': policy("'self'") },
    expected: {
      threads: 1,
      reason: /^a thread can't be started: a Content-Security-Policy needs blob: in worker-src$/,
    },
  },
  {
    page: 'one thread works in a page that is not isolated, and says so',
    headers: {},
    expected: { threads: 1, reason: /^the page is not cross-origin isolated/ },
  },
];

for (const [name, start] of Object.entries(DRIVERS)) {
  describe(name, () => {
    for (const { page, headers, expected } of CASES) {
      test(page, { timeout: 120_000 }, async () => {
        const server = await serveFolder(FOLDER, { headers });
        const driver = await start();
        try {
          await driver.goto(`${server.url}/`);
          const result = JSON.parse(await until(driver, 'window.result'));
          assert.equal(result.isEqual, true, JSON.stringify(result));
          for (const { threads, reason } of [result.page, result.worker]) {
            assert.equal(threads, expected.threads, JSON.stringify(result));
            assert.match(reason, expected.reason);
          }
        } finally {
          await driver.close();
          server.close();
        }
      });
    }
  });
}
