// Build the page and serve it to this machine, with the headers that let threads share memory.
//
//   npm run page [-- --port 8080]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ISOLATION, serveFolder } from '../../scripts/modules/static-server.mjs';

const USAGE = `usage: npm run page [-- --port NUMBER]

Builds the page into page/dist and serves it to this machine only.
  --port NUMBER   1 to 65535 (default 8080)
  --help          this text`;
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const { port, help } = optionsOf(process.argv.slice(2));
if (help) console.log(USAGE);
else await serve(port);

/**
 * @param {string[]} args
 * @returns {{ port: number, help: boolean }}
 */
function optionsOf(args) {
  try {
    const { values } = parseArgs({
      args,
      options: { port: { type: 'string', default: '8080' }, help: { type: 'boolean', short: 'h', default: false } },
    });
    const number = Number(values.port);
    if (!/^\d+$/.test(values.port) || number < 1 || number > 65_535) {
      throw new Error(`--port ${values.port}: expected a number from 1 to 65535`);
    }
    return { port: number, help: values.help };
  } catch (error) {
    // What follows Node's first sentence is advice for other programs.
    const { message } = /** @type {Error} */ (error);
    return end(EXIT_USAGE, `${message.split(/\.\s/)[0]}; npm run page -- --help lists the options`);
  }
}

/**
 * The port is taken before the page is built: whether it is free is known at once.
 *
 * @param {number} port
 */
async function serve(port) {
  const { url } = await serveFolder(fileURLToPath(new URL('../dist', import.meta.url)), {
    port,
    headers: ISOLATION,
  }).catch((error) => {
    const reason = error.code === 'EADDRINUSE' ? 'another program uses it' : error.message;
    return end(EXIT_FAILED, `port ${port} can't be used: ${reason}; take another: npm run page -- --port 8081`);
  });
  await import('./build.mjs');
  console.log(`\n${url}/ (Ctrl-C ends it)`);
}

/**
 * @param {number} status
 * @param {string} line
 * @returns {never}
 */
function end(status, line) {
  console.error(line);
  process.exit(status);
}
