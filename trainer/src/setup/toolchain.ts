import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { LongError } from '@signwave/format';
import type { Machine } from './machine.js';
import { PYTHON_VERSIONS } from './wheel.js';

/** The tools that build the addon. */
export interface Toolchain {
  /** Path of a Python with `venv`, of a version that the wheel exists for. */
  readonly python: string;
  /** Path of a C++17 compiler that takes GCC's options. */
  readonly compiler: string;
  /** Folder that has `node_api.h`. */
  readonly nodeHeaders: string;
}

/**
 * Find Python, a compiler and Node's headers.
 *
 * @throws {SignwaveError} `E_BACKEND` that lists everything missing, and how to get it.
 */
export async function findToolchain(machine: Machine): Promise<Toolchain> {
  const found = [await findPython(machine), await findCompiler(machine), await findNodeHeaders(machine)] as const;
  const missing = found.filter((it) => it instanceof Missing);
  if (missing.length > 0) {
    const list = missing.map(({ what }) => `  - ${what}`);
    throw new LongError('E_BACKEND', [`the TensorFlow back end can't be built yet; what is missing:`, ...list]);
  }
  const [python, compiler, nodeHeaders] = found as readonly string[];
  return { python: python!, compiler: compiler!, nodeHeaders: nodeHeaders! };
}

/** A tool that wasn't found, with how to get it. */
class Missing {
  constructor(readonly what: string) {}
}

async function findPython(machine: Machine): Promise<string | Missing> {
  const newestFirst = [...PYTHON_VERSIONS].reverse();
  const others: string[] = [];
  let withoutVenv: { python: string; version: string } | undefined;
  for (const python of ['python3', ...newestFirst.map((version) => `python${version}`), 'python']) {
    const { status, lines } = await machine.run(python, ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
    const version = lines.at(-1) ?? '';
    if (status !== 0) continue;
    if (!PYTHON_VERSIONS.includes(version)) {
      others.push(`${python} is ${version}`);
      continue;
    }
    if ((await machine.run(python, ['-c', 'import venv, ensurepip'])).status === 0) return python;
    withoutVenv ??= { python, version };
  }
  if (withoutVenv) {
    const { python, version } = withoutVenv;
    return new Missing(`the venv module of ${python}. Debian, Ubuntu: apt install python${version}-venv`);
  }
  const range = `${PYTHON_VERSIONS[0]} to ${PYTHON_VERSIONS.at(-1)}`;
  return new Missing(
    `Python ${range}, for which TensorFlow has wheels${others.length > 0 ? ` (${others.join(', ')})` : ''}. Debian, Ubuntu: apt install python3 python3-venv`,
  );
}

async function findCompiler({ env, run }: Machine): Promise<string | Missing> {
  for (const compiler of [env.CXX, 'g++', 'c++', 'clang++']) {
    if (compiler && (await run(compiler, ['--version'])).status === 0) return compiler;
  }
  return new Missing('a C++ compiler. Debian, Ubuntu: apt install g++. Fedora: dnf install gcc-c++');
}

/**
 * Headers of any Node from 12.17 on will do, because Node-API keeps its binary interface. They are looked for in npm's `nodedir`, at the
 * running Node's prefix, and where node-gyp keeps its downloads.
 */
async function findNodeHeaders(machine: Machine): Promise<string | Missing> {
  const { env, exists, node, nodeVersion } = machine;
  const fromNpm = (await machine.run('npm', ['config', 'get', 'nodedir'])).lines.at(-1);
  const prefixes = [
    env.npm_config_nodedir,
    fromNpm?.startsWith('/') ? fromNpm : undefined,
    dirname(dirname(node)),
    join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'node-gyp', nodeVersion),
  ];
  for (const prefix of prefixes) {
    const folder = prefix && join(prefix, 'include', 'node');
    if (folder && exists(join(folder, 'node_api.h'))) return folder;
  }
  return new Missing(
    `the headers of Node (node_api.h). Debian, Ubuntu: apt install libnode-dev, or, with a network: npx node-gyp install ${nodeVersion}. If they are elsewhere: npm config set nodedir PREFIX, where PREFIX/include/node has them`,
  );
}
