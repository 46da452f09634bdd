import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ROOT } from './source-files.js';

/** Runs what `npm run page` runs, without npm's own output. */
function web(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['page/scripts/serve.mjs', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

test.each(['--help', '-h'])('npm run page -- %s says what there is', (option) => {
  expect(web(option)).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^usage: npm run page .*--port/s),
    stderr: '',
  });
});

test.each<[string, string[]]>([
  ["Unknown option '--prot'", ['--prot', '80']],
  ["Unexpected argument '8080'", ['8080']],
  ["Option '--port <value>' argument missing", ['--port']],
  ["--help' does not take an argument", ['--help=yes']],
  ["Option '--port' argument is ambiguous", ['--port', '--help']],
  ['--port abc: expected a number from 1 to 65535', ['--port', 'abc']],
  ['--port 99999: expected', ['--port', '99999']],
  ['--port 0: expected', ['--port', '0']],
])('npm run page says in one line: %s', (message, args) => {
  const { status, stdout, stderr } = web(...args);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('npm run page says in one line, before it builds, that a port is in use', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(web('--port', String(port))).toEqual({
    status: 1,
    stdout: '',
    stderr: `port ${port} can't be used: another program uses it; take another: npm run page -- --port 8081\n`,
  });
  await new Promise((resolve) => server.close(resolve));
});
