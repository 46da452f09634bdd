import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { expandHome } from '../src/expand-home.js';

describe('the home folder stands for', () => {
  test.each([
    ['~', homedir()],
    ['~/data', `${homedir()}/data`],
    ['~\\data', `${homedir()}\\data`],
    ['cifar10:~/data', `cifar10:${homedir()}/data`],
    ['fashion-mnist:~', `fashion-mnist:${homedir()}`],
    ['--labels=~/labels.txt', `--labels=${homedir()}/labels.txt`],
    ['--images=cifar10:~/data', `--images=cifar10:${homedir()}/data`],
    ['-o~/m.sgnw', `-o${homedir()}/m.sgnw`],
  ])('the ~ of %s', (text, expected) => {
    expect(expandHome(text)).toBe(expected);
  });

  test('it, whatever characters are in its name', () => {
    vi.stubEnv(process.platform === 'win32' ? 'USERPROFILE' : 'HOME', join('/tmp', "$& $1 $' it"));
    expect(expandHome('~/data')).toBe(`${join('/tmp', "$& $1 $' it")}/data`);
    vi.unstubAllEnvs();
  });
});

test.each(['data', './~', './~/data', 'a~', '~other/data', 'data/~/x', 'a b:~/c', 'C:\\data', '-', '--json', ''])(
  '%j is left as it is',
  (text) => {
    expect(expandHome(text)).toBe(text);
  },
);
