import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const START_TRIES = 300;

/**
 * Starts Debian's Firefox without a window and drives it by Marionette, the protocol that geckodriver speaks to Firefox. Only six commands
 * are needed, so no package is used for them.
 *
 * WebDriver BiDi isn't used because its session listens for workers, and then about 1 of 100 calls of `new Worker` in a worker never
 * returns (Firefox 153). The caller waits until the new worker is registered, on a condition variable on which that worker waits, too, and
 * only one of the two is woken (dom/workers: WaitForIsDebuggerRegistered, SetIsDebuggerRegistered). Open developer tools cause the same.
 */
export async function launchFirefox() {
  const profile = mkdtempSync(join(tmpdir(), 'signwave-firefox-'));
  writeFileSync(join(profile, 'user.js'), 'user_pref("marionette.port", 0);\n');
  const firefox = spawn(
    '/usr/lib/firefox-esr/firefox-esr',
    ['--marionette', '--headless', '--no-remote', '--profile', profile, 'about:blank'],
    { stdio: 'ignore' },
  );
  const exit = new Promise((resolve) => {
    firefox.once('exit', resolve);
  });
  const close = async () => {
    firefox.kill();
    await exit;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const call = await openMarionette(await activePort(profile));
    const { capabilities } = await call('WebDriver:NewSession', {});
    return {
      version: capabilities.browserVersion,
      call,
      /** @param {string} url */
      goto: (url) => call('WebDriver:Navigate', { url }),
      /**
       * Runs without a sandbox, so that the script sees the page's own globals.
       *
       * @param {string} script
       */
      evaluate: async (script) => (await call('WebDriver:ExecuteScript', { script, args: [], sandbox: null })).value,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Waits for the port. Firefox writes it into its profile when it is ready.
 *
 * @param {string} profile
 */
async function activePort(profile) {
  const path = join(profile, 'MarionetteActivePort');
  for (let n = 0; n < START_TRIES; n++) {
    const port = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
    if (port > 0) return port;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`Firefox did not open Marionette's port in ${START_TRIES / 10} s`);
}

/**
 * Connects to Marionette. Messages are `LENGTH:JSON`: a greeting, then requests [0, id, command, parameters] and answers
 * [1, id, error, result].
 *
 * @param {number} port
 */
async function openMarionette(port) {
  const socket = connect(port, '127.0.0.1');
  const pending = new Map();
  const greeting = new Promise((resolve, reject) => {
    pending.set('greeting', { resolve, reject });
  });
  /** @param {any} message */
  const settle = (message) => {
    const [, id, error, result] = Array.isArray(message) ? message : [1, 'greeting', null, message];
    const { resolve, reject } = pending.get(id);
    pending.delete(id);
    if (error) reject(new Error(`Firefox: ${error.message}`));
    else resolve(result);
  };
  let received = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const colon = received.indexOf(':');
      const end = colon + 1 + Number(received.subarray(0, Math.max(0, colon)));
      if (colon < 0 || received.length < end) return;
      const message = JSON.parse(received.subarray(colon + 1, end).toString());
      received = received.subarray(end);
      settle(message);
    }
  });
  /** @param {Error} [error] */
  const lose = (error) => {
    for (const { reject } of pending.values()) reject(error ?? new Error('Firefox ended'));
    pending.clear();
  };
  socket.on('error', lose);
  socket.on('close', () => lose());
  await greeting;
  let lastId = 0;
  /**
   * @param {string} command
   * @param {object} parameters
   * @returns {Promise<any>}
   */
  const call = (command, parameters) =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      pending.set(id, { resolve, reject });
      const text = JSON.stringify([0, id, command, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
  return call;
}
