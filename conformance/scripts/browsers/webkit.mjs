import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';
const START_TRIES = 100;

/** Starts WebKitGTK's own driver under Xvfb and speaks W3C WebDriver to it. Only five requests are needed, so no package is used. */
export async function launchWebKit() {
  const port = await freePort();
  const driver = spawn('xvfb-run', ['-a', 'WebKitWebDriver', `--port=${port}`], {
    stdio: 'ignore',
    detached: true,
    // Unlike Safari, WebKitGTK has shared memory switched off even in isolated pages.
    env: { ...process.env, JSC_useSharedArrayBuffer: '1' },
  });
  // The driver is a child of xvfb-run; killing their process group ends both.
  const stop = () => process.kill(-Number(driver.pid));
  try {
    const session = await startSession(`http://127.0.0.1:${port}`);
    return { ...session, close: () => session.call('DELETE', '').finally(stop) };
  } catch (error) {
    stop();
    throw error;
  }
}

/** Finds a free port, because the driver can't choose one and report it. */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** @param {string} address */
async function startSession(address) {
  for (let n = 0; ; n++) {
    try {
      await request('GET', `${address}/status`);
      break;
    } catch (error) {
      if (n === START_TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  const options = { binary: MINI_BROWSER, args: ['--automation'] };
  const { sessionId, capabilities } = await request('POST', `${address}/session`, {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
  });
  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  const call = (method, path, body) => request(method, `${address}/session/${sessionId}${path}`, body);
  return {
    version: capabilities.browserVersion,
    call,
    /** @param {string} url */
    goto: (url) => call('POST', '/url', { url }),
    /** @param {string} script */
    evaluate: (script) => call('POST', '/execute/sync', { script, args: [] }),
  };
}

/**
 * @param {string} method
 * @param {string} url
 * @param {object} [body]
 * @returns {Promise<any>}
 */
async function request(method, url, body) {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(`WebKitWebDriver: ${value.message}`);
  return value;
}
