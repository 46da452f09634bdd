import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

/** @type {Record<string, string>} */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

/** Headers that allow a page to use memory that threads share. */
export const ISOLATION = {
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const OWN_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

/**
 * The file that a path of an address names; undefined if it can't be one.
 *
 * @param {string} folder
 * @param {string} pathname
 */
function fileOf(folder, pathname) {
  try {
    const path = decodeURIComponent(pathname);
    if (!path.startsWith('/') || path.includes('\0')) return undefined;
    return join(folder, normalize(path), path.endsWith('/') ? 'index.html' : '');
  } catch {
    return undefined;
  }
}

/**
 * @param {string} path
 * @returns what the system says of a file, or nothing, whatever it finds wrong with the path.
 */
function statusOf(path) {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/**
 * Serves the files of a folder, and nothing outside of it, to this machine only.
 *
 * @param {string} folder
 * @param {{ port?: number, headers?: Record<string, string>, routes?: Record<string, import('node:http').RequestListener> }} options
 *   `port`: 0 for any free one; `headers`: added to every answer; `routes`: answer paths that no file has, in tests
 * @returns {Promise<{ url: string, requests: string[], close: () => void }>} `requests`: the paths requested so far
 */
export async function serveFolder(folder, { port = 0, headers = {}, routes = {} } = {}) {
  /** @type {string[]} */
  const requests = [];
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    // Any page in a browser of this machine can send requests here, also under a name of its own that leads to this address.
    if (!OWN_HOST.test(request.headers.host ?? '')) {
      response.writeHead(403).end();
      return;
    }
    const [pathname = ''] = (request.url ?? '').split(/[?#]/);
    requests.push(pathname);
    const route = routes[pathname];
    if (route) {
      route(request, response);
      return;
    }
    const path = fileOf(folder, pathname);
    if (path === undefined) {
      response.writeHead(400).end();
      return;
    }
    const file = statusOf(path);
    if (!file?.isFile()) {
      response.writeHead(404, { 'content-type': 'text/html' }).end('<!doctype html><title>not found</title>');
      return;
    }
    const type = TYPES[extname(path)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-length': file.size, 'cache-control': 'no-cache' });
    if (request.method === 'HEAD') response.end();
    else
      createReadStream(path)
        .once('error', () => response.destroy())
        .pipe(response);
  });
  await /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    })
  );
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
