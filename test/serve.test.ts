import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serveFolder } from '../scripts/modules/static-server.mjs';
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

describe('the server of npm run page', () => {
  /** The answer to a request, sent as it is. @returns its first line. */
  async function ask(url: string, request: string): Promise<string> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(request);
    let answer = '';
    for await (const piece of socket) answer += piece;
    return answer.split('\r\n')[0]!;
  }

  test.each([
    ['a zero byte', '/%00', '400'],
    ['half of an escape', '/%', '400'],
    ['no UTF-8', '/%ff', '400'],
    ['no path', '//', '404'],
    ['an address', 'http://[', '400'],
    ['an asterisk', '*', '400'],
    ['a way out', '/../../package.json', '404'],
    ['an escaped way out', '/%2e%2e/%2e%2e/package.json', '404'],
    ['a very long name', `/${'a'.repeat(8_000)}`, '404'],
    ['a folder without an index', '/scripts', '404'],
    ['a file as a folder', '/serve.mjs/', '404'],
    ['a file', '/serve.mjs', '200'],
  ])('answers a request for %s, and the next one', async (_name, path, status) => {
    const { url, close } = await serveFolder(join(ROOT, 'page/scripts'));
    try {
      expect(await ask(url, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)).toContain(status);
      expect((await fetch(`${url}/serve.mjs`)).status).toBe(200);
    } finally {
      close();
    }
  });

  test('answers under no name but this machine’s', async () => {
    const { url, close } = await serveFolder(join(ROOT, 'page/scripts'));
    const hosts = ['attacker.example', '127.0.0.1.attacker.example', ''];
    const answers = hosts.map((host) =>
      ask(url, `GET /serve.mjs HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
    );
    expect(await Promise.all(answers)).toEqual(hosts.map(() => 'HTTP/1.1 403 Forbidden'));
    close();
  });
});
