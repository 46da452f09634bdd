// Build the page and serve it to this machine, with the headers that let threads share memory.
//
//   npm run web [-- --port 8080]
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ISOLATION, serveFolder } from '../../scripts/static-server.mjs';

const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } });
await import('./build.mjs');
try {
  const { url } = await serveFolder(fileURLToPath(new URL('../dist', import.meta.url)), {
    port: Number(values.port),
    headers: ISOLATION,
  });
  console.log(`\n${url}/ (Ctrl-C ends it)`);
} catch (error) {
  console.error(`port ${values.port} can't be used (${error.message}); take another: npm run web -- --port 8081`);
  process.exitCode = 1;
}
