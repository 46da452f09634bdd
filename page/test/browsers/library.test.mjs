// @signwave/runtime/web in Chromium, on a page that has nothing else: policies, workers, images, cancelling, faulty servers, leaks.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { launchChromium } from '../../../conformance/scripts/browsers/chromium.mjs';
import { ISOLATION, serveFolder } from '../../../scripts/modules/static-server.mjs';
import { buildLibrary } from './build-library.mjs';

const FOLDER = 'build/web-test';
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self' blob:";
const model = readFileSync('format/test/golden/v1.0.sgnw');
const sha256 = createHash('sha256').update(model).digest('hex');

/** @type {import('../../../conformance/scripts/browsers/chromium.mjs').Browser} */
let browser;
before(async () => {
  await buildLibrary(FOLDER);
  writeFileSync(`${FOLDER}/index.html`, '<!doctype html><meta charset="utf-8"><title>library</title>');
  writeFileSync(`${FOLDER}/model.sgnw`, model);
  writeFileSync(`${FOLDER}/cat.png`, readFileSync('examples/images/cat/0000.png'));
  browser = await launchChromium();
});
after(() => browser.close());

/** @typedef {typeof import('@signwave/runtime/web')} Library */
/** @typedef {import('node:http').RequestListener} Route */

/**
 * In the page, which is served the library.
 *
 * @returns {Promise<Library>}
 */
function importLibrary() {
  return import(/** @type {string} */ ('/library.js'));
}

/**
 * Run a function in a page that has the library as its argument.
 *
 * @template Result
 * @param {(library: Library) => Result} action
 * @param {{ headers?: Record<string, string>, routes?: Record<string, Route>, launched?: import('../../../conformance/scripts/browsers/chromium.mjs').Browser }} [options]
 */
async function inPage(
  action,
  { headers = { 'content-security-policy': POLICY }, routes = {}, launched = browser } = {},
) {
  const server = await serveFolder(FOLDER, { headers, routes });
  const page = await launched.newPage();
  try {
    await page.goto(`${server.url}/`);
    const handle = await page.evaluateHandle(importLibrary);
    return { value: await page.evaluate(action, handle), requests: server.requests };
  } finally {
    await page.close();
    server.close();
  }
}

describe('policies', () => {
  test("needs 'wasm-unsafe-eval' and its own origin, nothing else, and no network but the model's address", async () => {
    const { value, requests } = await inPage(async ({ load }) => {
      const loaded = await load('/model.sgnw');
      return loaded.info().kernels;
    });
    assert.equal(value, 'simd');
    const own = requests.filter((path) => path !== '/favicon.ico');
    assert.deepEqual(own, ['/', '/library.js', '/model.sgnw']);
  });

  test('says which policy is missing', async () => {
    const headers = { 'content-security-policy': POLICY.replace(" 'wasm-unsafe-eval'", '') };
    const { value } = await inPage(
      ({ load }) => load('/model.sgnw').catch(({ code, message }) => `${code} ${message}`),
      { headers },
    );
    assert.match(String(value), /E_ENGINE.*'wasm-unsafe-eval' in script-src/);
  });

  test('takes scalar kernels where the engine has no SIMD', async () => {
    const launched = await launchChromium(['--js-flags=--no-enable-sse4-1 --no-enable-ssse3']);
    try {
      const { value } = await inPage(async ({ load }) => (await load('/model.sgnw')).info().kernelsReason, {
        launched,
      });
      assert.equal(value, 'the engine has no SIMD');
    } finally {
      await launched.close();
    }
  });
});

describe('a worker', () => {
  test('gives what the page gives, of every kind of image, and moves what it was given only if told to', async () => {
    const { value } = await inPage(async ({ load, createWorkerModel, rasterOf }) => {
      const [here, there] = [await load('/model.sgnw'), await createWorkerModel('/model.sgnw')];
      const { height, width } = here.input;
      const canvas = Object.assign(document.createElement('canvas'), { width, height });
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      /** @type {HTMLImageElement} */
      const image = await new Promise((resolve, reject) => {
        const element = new Image();
        element.onload = () => resolve(element);
        element.onerror = reject;
        element.src = '/cat.png';
      });
      context.drawImage(image, 0, 0, width, height);
      const data = context.getImageData(0, 0, width, height);
      const floats = new Float32Array(height * width * here.input.channels).fill(0.5);
      const same = JSON.stringify([...(await there.run(floats.slice()))]) === JSON.stringify([...here.run(floats)]);
      /** @type {Blob} */
      const blob = await new Promise((resolve) => canvas.toBlob((it) => resolve(/** @type {Blob} */ (it))));
      const rasters = await Promise.all([canvas, blob, data, await createImageBitmap(canvas)].map(rasterOf));
      // A file's alpha is dropped, that of a canvas means nothing.
      const equal = rasters.every((it) =>
        data.data.every((sample, i) => i % 4 === 3 || it.data[Math.floor(i / 4) * it.channels + (i % 4)] === sample),
      );
      const [kept, moved] = [floats.slice(), floats.slice()];
      await there.run(kept);
      await there.run(moved, { transfer: true });
      there.dispose();
      return { same, equal, left: [kept.length > 0, moved.length], natural: (await rasterOf(image)).width };
    });
    assert.deepEqual(value, { same: true, equal: true, left: [true, 0], natural: 32 });
  });

  test('that a policy forbids is told', async () => {
    const headers = { 'content-security-policy': POLICY.replace("worker-src 'self'", "worker-src 'none'") };
    const { value } = await inPage(
      ({ createWorkerModel }) => createWorkerModel('/model.sgnw').catch(({ code }) => code),
      { headers },
    );
    assert.equal(value, 'E_ENGINE');
  });

  test('is gone after dispose in the middle of a run', async () => {
    const { value } = await inPage(async ({ createWorkerModel }) => {
      const loaded = await createWorkerModel('/model.sgnw');
      const { height, width, channels } = loaded.input;
      const running = loaded.run(new Float32Array(height * width * channels));
      loaded.dispose();
      return running.catch(({ code }) => code);
    });
    assert.equal(value, 'E_DISPOSED');
  });
});

describe('what comes from another page', () => {
  test('is bytes, pixels and addresses, and no bytes are asked of the network', async () => {
    const { value, requests } = await inPage(
      async ({ load, createWorkerModel, rasterOf }) => {
        const bytes = new Uint8Array(await (await fetch('/model.sgnw')).arrayBuffer());
        const frame = /** @type {Window & typeof globalThis} */ (
          document.body.appendChild(document.createElement('iframe')).contentWindow
        );
        const shared = new SharedArrayBuffer(bytes.length);
        new Uint8Array(shared).set(bytes);
        /** @type {Record<string, any>} */
        const sources = {
          bytes: new frame.Uint8Array(bytes),
          buffer: new frame.Uint8Array(bytes).buffer,
          clamped: new Uint8ClampedArray(bytes),
          view: new frame.DataView(bytes.slice().buffer),
          shared,
          sharedView: new frame.Uint8Array(shared),
          blob: new frame.Blob([bytes]),
          response: new frame.Response(bytes),
          promise: frame.Promise.resolve(bytes),
          file: new File([bytes], 'model.sgnw'),
          list: Array.from(bytes),
          nothing: undefined,
        };
        /** @type {Record<string, string>} */
        const outcome = {};
        for (const [name, source] of Object.entries(sources)) {
          /** @param {Promise<{ readonly outputs: number }>} it */
          const take = async (it) => (await it).outputs > 0;
          /** @param {import('@signwave/runtime').SignwaveError} error */
          const refuse = ({ code, message }) => `${code} ${message.length < 200}`;
          const twin = source?.clone?.() ?? source; // an answer is read once
          outcome[name] = [
            await take(load(source)).catch(refuse),
            await take(createWorkerModel(twin)).catch(refuse),
          ].join(', ');
        }
        const data = new frame.ImageData(2, 2);
        const raster = await rasterOf(data);
        const noImage = await rasterOf(/** @type {any} */ (null)).catch(({ code }) => code);
        return { outcome, channels: raster.channels, noImage, kept: bytes.length > 0 };
      },
      { headers: { ...ISOLATION, 'content-security-policy': POLICY } },
    );
    const { list, nothing, ...taken } = value.outcome;
    assert.deepEqual([list, nothing], ['E_USAGE true, E_USAGE true', 'E_USAGE true, E_USAGE true']);
    assert.deepEqual(new Set(Object.values(taken)), new Set(['true, true']), JSON.stringify(taken));
    assert.deepEqual([value.channels, value.noImage, value.kept], [4, 'E_IMAGE', true]);
    const own = requests.filter((path) => !/^\/(|favicon\.ico|library\.js|worker\.js)$/.test(path));
    assert.deepEqual(own, ['/model.sgnw']);
  });
});

describe('several at a time', () => {
  test('two loads don’t disturb each other, in the page and in workers', async () => {
    const { value } = await inPage(async ({ load, createWorkerModel }) => {
      const [a, b] = await Promise.all([load('/model.sgnw'), load('/model.sgnw')]);
      const [c, d] = await Promise.all([createWorkerModel('/model.sgnw'), createWorkerModel('/model.sgnw')]);
      const { height, width, channels } = a.input;
      /** @param {number} value */
      const floats = (value) => new Float32Array(height * width * channels).fill(value);
      /** @param {Float32Array} outputs */
      const text = (outputs) => JSON.stringify([...outputs]);
      const [first, second] = [text(a.run(floats(0.25))), text(b.run(floats(-0.5)))];
      const there = await Promise.all([c.run(floats(0.25)), d.run(floats(-0.5))]);
      a.dispose();
      const isLeftAlone = text(b.run(floats(-0.5))) === second;
      for (const model of [b, c, d]) model.dispose();
      return { isLeftAlone, same: text(there[0]) === first && text(there[1]) === second };
    });
    assert.deepEqual(value, { isLeftAlone: true, same: true });
  });

  test('a worker that is lost in the middle of a call is told, and another can be loaded', async () => {
    const { value } = await inPage(async ({ createWorkerModel }) => {
      const crashing = () => {
        const worker = new Worker('/worker.js', { type: 'module' });
        const post = worker.postMessage.bind(worker);
        // A message that the worker's program can't take apart: it ends with an uncaught error.
        worker.postMessage = (/** @type {any} */ message, /** @type {any} */ transfer) =>
          post(message.method === 'run' ? null : message, transfer);
        return worker;
      };
      const lost = await createWorkerModel('/model.sgnw', { createWorker: crashing });
      const { height, width, channels } = lost.input;
      const floats = () => new Float32Array(height * width * channels);
      const error = await lost.run(floats()).catch(({ code, message }) => `${code} ${message}`);
      const later = await lost.plan().catch(({ code }) => code);
      const again = await createWorkerModel('/model.sgnw');
      const { length } = await again.run(floats());
      return { error, later, isWorking: length === again.outputs };
    });
    assert.match(String(value.error), /E_ENGINE the worker of the model failed/);
    assert.deepEqual([value.later, value.isWorking], ['E_ENGINE', true]);
  });
});

describe('more than there is', () => {
  test('a server that announces 2 GB is not listened to', async () => {
    let sentBytes = 0;
    /** @type {Record<string, Route>} */
    const routes = {
      '/huge.sgnw': (_, response) => {
        response.writeHead(200, { 'content-length': 2 ** 31 });
        const piece = Buffer.alloc(65_536);
        const send = () => {
          for (let goesOn = true; goesOn && !response.destroyed; sentBytes += piece.length)
            goesOn = response.write(piece);
        };
        response.on('drain', send);
        send();
      },
    };
    const { value } = await inPage(
      ({ load }) => load('/huge.sgnw').catch(({ code, message }) => `${code} ${message}`),
      {
        routes,
      },
    );
    assert.match(String(value), /E_IO.*huge\.sgnw is larger than 1073741824 bytes/);
    assert.ok(sentBytes < 2 ** 26, `${sentBytes} bytes were sent`);
  });

  test('a limit of memory that is too low for the model is told', async () => {
    const launched = await launchChromium(['--js-flags=--wasm-max-mem-pages=1']);
    try {
      const { value } = await inPage(
        ({ load }) =>
          load('/model.sgnw').then(
            () => 'loaded',
            ({ code, message }) => `${code} ${message}`,
          ),
        { launched },
      );
      assert.match(value, /^E_ENGINE .*(no \d+ bytes of memory|no memory left)/);
    } finally {
      await launched.close();
    }
  });
});

describe('downloads', () => {
  /** @type {Record<string, [Route, string]>} */
  const cases = {
    'a page instead of the model': [(_, response) => response.end('<!doctype html>'), 'E_FORMAT_KIND'],
    'a missing one': [(_, response) => response.writeHead(404).end(), 'E_IO'],
    'one that is cut': [
      (_, response) => {
        response.writeHead(200, { 'content-length': model.length }).write(model.subarray(0, 200));
        setTimeout(() => response.destroy(), 50);
      },
      'E_IO',
    ],
  };
  for (const [name, [route, code]] of Object.entries(cases)) {
    test(`${name}: ${code}`, async () => {
      const routes = { '/bad.sgnw': route };
      const { value } = await inPage(({ load }) => load('/bad.sgnw').catch((error) => error.code), { routes });
      assert.equal(value, code);
    });
  }

  test('are cancelled by a signal', async () => {
    /** @type {Record<string, Route>} */
    const routes = { '/slow.sgnw': (_, response) => response.writeHead(200).write(model.subarray(0, 200)) };
    const { value } = await inPage(
      ({ createWorkerModel }) =>
        createWorkerModel('/slow.sgnw', { signal: AbortSignal.timeout(200) }).catch(({ name }) => name),
      { routes },
    );
    assert.equal(value, 'TimeoutError');
  });

  test('come from the cache the second time, which a SHA-256 guards', async () => {
    let requests = 0;
    /** @type {Record<string, Route>} */
    const routes = {
      '/counted.sgnw': (_, response) => {
        requests++;
        response.writeHead(200, { 'cache-control': 'no-store' }).end(model);
      },
      '/sha256': (_, response) => response.end(sha256),
    };
    const { value } = await inPage(
      async ({ load }) => {
        const sha256 = await (await fetch('/sha256')).text();
        for (let n = 0; n < 2; n++) await load('/counted.sgnw', { cache: 'models', sha256 });
        return load('/counted.sgnw', { sha256: '0'.repeat(64) }).catch(({ code }) => code);
      },
      { routes },
    );
    assert.equal(value, 'E_FORMAT_CHECKSUM');
    assert.equal(requests, 2);
  });
});

for (const threads of [1, 2]) {
  const title = `200 models on ${threads === 1 ? 'one thread' : 'two threads'} that are let go leave nothing behind`;
  test(title, { timeout: 240_000 }, async () => {
    const launched = await launchChromium(['--js-flags=--expose-gc', '--enable-precise-memory-info']);
    const server = await serveFolder(FOLDER, { headers: ISOLATION });
    try {
      const page = await launched.newPage();
      await page.goto(`${server.url}/`);
      const library = await page.evaluateHandle(importLibrary);
      const grown = await page.evaluate(loadManyTimes, { library, threads });
      console.log(`heap after 200 more loads on ${threads} of them: ${grown} bytes more`);
      assert.ok(grown < 1_000_000, `${grown} bytes`);
      const kept = await page.evaluateHandle(({ library, threads }) => library.load('/model.sgnw', { threads }), {
        library,
        threads,
      });
      // A thread is a worker of the page; those that were let go take a while to end.
      assert.equal(await workersOf(page, threads - 1), threads - 1);
      await page.evaluate((model) => model.dispose(), kept);
      assert.equal(await workersOf(page, 0), 0);
    } finally {
      await launched.close();
      server.close();
    }
  });
}

/**
 * In the page.
 *
 * @param {{ library: Library, threads: number }} given
 * @returns by how many bytes its heap grows in 200 loads.
 */
async function loadManyTimes({ library: { load, fetchModel }, threads }) {
  const bytes = await fetchModel('/model.sgnw');
  /** @param {number} count */
  const loadMany = async (count) => {
    for (let n = 0; n < count; n++) {
      const model = await load(bytes, { threads });
      const { height, width, channels } = model.input;
      model.run(new Float32Array(height * width * channels));
      if (model.info().threads !== threads) throw new Error(model.info().threadsReason);
      model.dispose();
    }
    for (let n = 0; n < 5; n++) {
      /** @type {() => void} */ (globalThis.gc)();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return performance.memory.usedJSHeapSize;
  };
  const before = await loadMany(50);
  return (await loadMany(200)) - before;
}

/**
 * @param {import('../../../conformance/scripts/browsers/chromium.mjs').Page} page
 * @param {number} expected
 * @returns how many workers a page has, when that is what is expected or 5 s later.
 */
async function workersOf(page, expected) {
  for (let n = 0; n < 100 && page.workers().length !== expected; n++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return page.workers().length;
}
