import { describe, expect, test } from 'vitest';
import type { Machine } from '../../src/setup/machine.js';
import { setupTensorflow } from '../../src/setup/tensorflow.js';
import { findToolchain } from '../../src/setup/toolchain.js';
import { wheelFor } from '../../src/setup/wheel.js';

interface Described {
  /** Versions of Python by the names of their programs. */
  readonly pythons?: Readonly<Record<string, string>>;
  readonly hasVenv?: boolean;
  readonly compilers?: readonly string[];
  /** What `npm config get nodedir` prints. */
  readonly nodedir?: string;
  readonly files?: readonly string[];
  readonly env?: Machine['env'];
  readonly platform?: string;
  readonly architecture?: string;
}

/** A machine on which only these programs and files exist. */
function machine({
  pythons = { python3: '3.11' },
  hasVenv = true,
  compilers = ['g++'],
  nodedir = 'undefined',
  files = ['/opt/node/include/node/node_api.h'],
  env = { XDG_CACHE_HOME: '/cache' },
  platform = 'linux',
  architecture = 'x64',
}: Described): Machine {
  const done = (line = '') => ({ status: 0, lines: [line] });
  return {
    platform,
    architecture,
    node: '/opt/node/bin/node',
    nodeVersion: '20.20.2',
    env,
    exists: (path) => files.includes(path),
    run: async (program, args) => {
      if (program === 'npm') return done(nodedir);
      if (pythons[program] && args[1]!.includes('version_info')) return done(pythons[program]);
      if (pythons[program]) return { status: hasVenv ? 0 : 1, lines: [] };
      if (compilers.includes(program)) return done(`${program} 12.2`);
      return { status: -1, lines: ['ENOENT'] };
    },
  };
}

async function missing(described: Described): Promise<string> {
  const error = await findToolchain(machine(described)).catch((it: unknown) => it);
  expect(error).toMatchObject({ code: 'E_BACKEND' });
  return (error as Error).message;
}

describe('the toolchain', () => {
  test('is Python, a compiler, and the headers beside the running Node', async () => {
    expect(await findToolchain(machine({}))).toEqual({
      python: 'python3',
      compiler: 'g++',
      nodeHeaders: '/opt/node/include/node',
    });
  });

  test('prefers the compiler of CXX', async () => {
    const { compiler } = await findToolchain(machine({ env: { CXX: 'clang++-17' }, compilers: ['g++', 'clang++-17'] }));
    expect(compiler).toBe('clang++-17');
  });

  test('passes over a Python without a wheel for one with', async () => {
    const { python } = await findToolchain(machine({ pythons: { python3: '3.14', 'python3.13': '3.13' } }));
    expect(python).toBe('python3.13');
  });

  test.each([
    ['npm_config_nodedir', { env: { npm_config_nodedir: '/a' }, files: ['/a/include/node/node_api.h'] }, '/a'],
    ['the setting nodedir of npm', { nodedir: '/usr', files: ['/usr/include/node/node_api.h'] }, '/usr'],
    [
      'what node-gyp downloaded',
      { files: ['/cache/node-gyp/20.20.2/include/node/node_api.h'] },
      '/cache/node-gyp/20.20.2',
    ],
  ])('finds headers by %s', async (_, described, prefix) => {
    expect((await findToolchain(machine(described))).nodeHeaders).toBe(`${prefix}/include/node`);
  });
});

describe('what is missing', () => {
  test('is listed all at once, with the package to install', async () => {
    const message = await missing({ pythons: {}, compilers: [], files: [] });
    expect(message).toContain(
      'Python 3.10 to 3.13, for which TensorFlow has wheels. Debian, Ubuntu: apt install python3',
    );
    expect(message).toContain('a C++ compiler. Debian, Ubuntu: apt install g++');
    expect(message).toContain('the headers of Node (node_api.h). Debian, Ubuntu: apt install libnode-dev');
    expect(message).toContain('npx node-gyp install 20.20.2');
  });

  test('names the Pythons that were found but are too old or too new', async () => {
    expect(await missing({ pythons: { python3: '3.9', python: '3.14' } })).toContain(
      '(python3 is 3.9, python is 3.14)',
    );
  });

  test('names the venv module of the Python that lacks it', async () => {
    expect(await missing({ hasVenv: false })).toContain('apt install python3.11-venv');
  });
});

describe('setup tensorflow', () => {
  test.each([
    ['darwin', 'arm64'],
    ['win32', 'x64'],
    ['linux', 'arm'],
  ])('refuses %s (%s) and names the back ends that work there', async (platform, architecture) => {
    await expect(
      setupTensorflow({ log: () => {}, machine: machine({ platform, architecture }) }),
    ).rejects.toMatchObject({ code: 'E_BACKEND', message: expect.stringContaining('--backend webgpu or wasm') });
  });

  test('installs one wheel without its Python dependencies for a CPU, and CUDA too for a GPU', () => {
    expect(wheelFor('cpu', 'x64').requirement).toEqual(['--no-deps', 'tensorflow-cpu==2.21.0']);
    expect(wheelFor('gpu', 'x64').requirement).toEqual(['tensorflow[and-cuda]==2.21.0']);
  });
});
