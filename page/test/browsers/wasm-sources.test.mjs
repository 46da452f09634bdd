// The library without its WebAssembly inside, as the entry points `slim` have it, in three browsers: given as addresses, bytes and modules, to
// the page, to workers and to threads; and what is said of wrong ones. Needs `node scripts/build.mjs --only wasm`.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';
import { ISOLATION, serveFolder } from '../../../scripts/modules/static-server.mjs';
import { withoutWasm } from '../../../scripts/modules/without-wasm.mjs';
import { buildLibrary } from './build-library.mjs';
import { DRIVERS, until } from './drivers.mjs';

const FOLDER = 'build/web-wasm-test';
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'; img-src 'self'";
// The page lies in another folder than the worker's program: relative addresses are the page's.
const PROGRAM = `
  import { createWorkerModel, load } from '../library.js';
  const action = (name) => actions[name]().catch(({ code, message }) => code + ' ' + message);
  const bytes = async () => new Uint8Array(await (await fetch('../model.sgnw')).arrayBuffer());
  const floats = ({ height, width, channels }) => new Float32Array(height * width * channels).fill(0.5);
  const simd = '../wasm/simd.wasm', threads = new URL('../wasm/threads.wasm', import.meta.url);
  const describe = async (model) => {
    const logits = [...(await model.run(floats(model.input)))].join(' ');
    const { kernels, threads } = model.info();
    model.dispose();
    return { kernels, threads, logits };
  };
  const module = async () => WebAssembly.compile(await (await fetch(simd)).arrayBuffer());
  const actions = {
    page: async () => describe(await load(await bytes(), { wasm: { simd } })),
    bytes: async () => describe(await load(await bytes(), { wasm: { simd: await (await fetch(simd)).arrayBuffer() } })),
    module: async () => describe(await load(await bytes(), { wasm: { simd: await module() } })),
    worker: async () => describe(await createWorkerModel(await bytes(), { wasm: { simd } })),
    moduleInWorker: async () => describe(await createWorkerModel(await bytes(), { wasm: { simd: await module() } })),
    threads: async () => describe(await load(await bytes(), { wasm: { simd, threads }, threads: 2 })),
    threadsInWorker: async () => describe(await createWorkerModel(await bytes(), { wasm: { simd, threads }, threads: 2 })),
    nothing: async () => describe(await load(await bytes())),
    missing: async () => describe(await load(await bytes(), { wasm: { simd: '../none.wasm' } })),
    htmlPage: async () => describe(await createWorkerModel(await bytes(), { wasm: { simd: '../page/' } })),
    otherBuild: async () => describe(await load(await bytes(), { wasm: { simd: '../wasm/scalar.wasm' } })),
    forbidden: async () => describe(await load(await bytes(), { wasm: { simd: 'http://127.0.0.1:9/simd.wasm' } })),
  };
  const results = {};
  for (const name of Object.keys(actions)) results[name] = await action(name);
  window.result = JSON.stringify(results);`;

before(async () => {
  await buildLibrary(FOLDER, [withoutWasm]);
  for (const name of ['page', 'wasm']) mkdirSync(`${FOLDER}/${name}`, { recursive: true });
  for (const name of ['simd', 'scalar', 'threads'])
    copyFileSync(`runtime/build/${name}.wasm`, `${FOLDER}/wasm/${name}.wasm`);
  copyFileSync('format/test/golden/v1.0.sgnw', `${FOLDER}/model.sgnw`);
  writeFileSync(`${FOLDER}/page/program.js`, PROGRAM);
  writeFileSync(
    `${FOLDER}/page/index.html`,
    '<!doctype html><meta charset="utf-8"><title>wasm</title><script type="module" src="program.js"></script>',
  );
});

for (const [name, start] of Object.entries(DRIVERS)) {
  describe(name, () => {
    test('runs what it is given, under a policy, and says what is wrong with it', { timeout: 120_000 }, async () => {
      const server = await serveFolder(FOLDER, { headers: { ...ISOLATION, 'content-security-policy': POLICY } });
      const driver = await start();
      try {
        await driver.goto(`${server.url}/page/`);
        const found = JSON.parse(await until(driver, 'window.result'));
        const { logits } = found.page;
        for (const way of ['page', 'bytes', 'module', 'worker', 'moduleInWorker'])
          assert.deepEqual(found[way], { kernels: 'simd', threads: 1, logits }, way);
        for (const way of ['threads', 'threadsInWorker'])
          assert.deepEqual(found[way], { kernels: 'simd', threads: 2, logits }, way);
        assert.match(found.nothing, /^E_ENGINE .*no WebAssembly inside: pass .*wasm\/simd\.wasm$/);
        assert.match(found.missing, /^E_IO \.\.\/none\.wasm: the server answered 404 Not Found$/);
        assert.match(found.htmlPage, /^E_IO http.*\/page\/ is not WebAssembly, but an HTML page .*; expected/);
        assert.match(found.otherBuild, /^E_IO \.\.\/wasm\/scalar\.wasm is the scalar build; expected simd\.wasm/);
        assert.match(found.forbidden, /^E_IO http:\/\/127\.0\.0\.1:9\/simd\.wasm: can't be read .*connect-src/);
        // Nothing but what runs.
        assert.equal(server.requests.includes('/wasm/threads.wasm'), true);
        assert.equal(server.requests.filter((path) => path === '/wasm/scalar.wasm').length, 1);
      } finally {
        await driver.close();
        server.close();
      }
    });

    test("names 'wasm-unsafe-eval' where the policy lacks it", { timeout: 120_000 }, async () => {
      const headers = { 'content-security-policy': POLICY.replace(" 'wasm-unsafe-eval'", '') };
      const server = await serveFolder(FOLDER, { headers });
      const driver = await start();
      try {
        await driver.goto(`${server.url}/page/`);
        const { page } = JSON.parse(await until(driver, 'window.result'));
        // WebKit refuses only to instantiate.
        assert.match(page, /^E_ENGINE .* can't be (compiled|instantiated): .*'wasm-unsafe-eval' in script-src/s);
      } finally {
        await driver.close();
        server.close();
      }
    });
  });
}
