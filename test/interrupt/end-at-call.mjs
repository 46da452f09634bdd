// Loaded before the program (`node --import`): counts the calls that change files, and sends the process a signal at one of them. A moment
// that is told by calls is the same on every machine, and lies where something can be left half done.
//
//   SIGNWAVE_INTERRUPT  JSON: `at`, the number of the call, from 1; `phase`, before, during or after it; `delayUs`, how long after the call
//                       has begun, for `during`; `signal`. Without `at`, `counts` names a file that gets the number of calls at the end.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const { at, phase, delayUs, signal, counts } = JSON.parse(process.env.SIGNWAVE_INTERRUPT ?? '{}');
let calls = 0;

/**
 * @param {any} object
 * @param {string} name
 * @param {(...args: any[]) => boolean} doesChange
 */
function watch(object, name, doesChange = () => true) {
  const original = object[name];
  object[name] = function (/** @type {any[]} */ ...args) {
    if (!doesChange(...args) || ++calls !== at) return original.apply(this, args);
    if (phase === 'before') process.kill(process.pid, signal);
    const result = original.apply(this, args);
    if (phase === 'during') {
      // What was begun goes on meanwhile, in another thread.
      const start = performance.now();
      while (performance.now() - start < delayUs / 1000) {}
      process.kill(process.pid, signal);
    }
    if (phase !== 'after') return result;
    const isLater = typeof result?.finally === 'function';
    if (isLater) return result.finally(() => process.kill(process.pid, signal));
    process.kill(process.pid, signal);
    return result;
  };
}

if (isMainThread) {
  const file = await fs.promises.open(process.execPath);
  const handles = Object.getPrototypeOf(file);
  await file.close();
  for (const name of ['appendFile', 'link', 'mkdir', 'rename', 'rm', 'rmdir', 'unlink', 'writeFile'])
    watch(fs.promises, name);
  watch(fs, 'renameSync');
  watch(fs.promises, 'open', (_path, flags = 'r') => flags !== 'r' && flags !== fs.constants.O_RDONLY);
  for (const name of ['chmod', 'chown', 'sync', 'write', 'writeFile']) watch(handles, name);
  syncBuiltinESMExports();
  if (counts !== undefined) process.on('exit', () => fs.writeFileSync(counts, String(calls)));
}
