import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LongError, SignwaveError } from '@signwave/format';
import { TENSORFLOW_PACKAGE } from '../backends/tensorflow.js';
import type { Machine } from './machine.js';
import type { Toolchain } from './toolchain.js';

const SHOWN_LINES = 20;
/** Sources of our own ops. They lie beside this file, and beside the bundles that contain this file. */
const FUSED_OPS = fileURLToPath(new URL('./fused-ops.cc', import.meta.url));
const FUSED_FUNCTIONS = fileURLToPath(new URL('./fused-functions.h', import.meta.url));

/** tfjs-node's addon, in node_modules. */
export interface Addon {
  /** Folder of the package, with the addon's sources in `binding`. */
  readonly folder: string;
  /** The file that the package loads. */
  readonly path: string;
}

/** @throws {SignwaveError} `E_BACKEND` if the package isn't installed. */
export function locateAddon(): Addon {
  const require = createRequire(import.meta.url);
  let manifest: string;
  try {
    manifest = require.resolve(`${TENSORFLOW_PACKAGE}/package.json`);
  } catch (error) {
    throw new SignwaveError(
      'E_BACKEND',
      `${TENSORFLOW_PACKAGE}, which has the sources of the addon, is not installed. Run: npm install --ignore-scripts ${TENSORFLOW_PACKAGE}@4.22.0`,
      { cause: error },
    );
  }
  // The package calls the same function.
  const { find } = createRequire(manifest)('@mapbox/node-pre-gyp') as { find(manifest: string): string };
  return { folder: dirname(manifest), path: find(manifest) };
}

/**
 * Compile the addon and our ops into one library, linked with the library in the wheel, unless that was done already. The library registers
 * the ops when it is loaded; in a library of their own, something would have to load them.
 *
 * This calls a compiler rather than node-gyp: the package's script first asks a server of Google for a file, and node-gyp needs make and a
 * Python that still has distutils. The addon finds the wheel's library by its RUNPATH, so nothing is linked into the package, and the
 * wheel's own RUNPATH, `$ORIGIN/../nvidia`, leads to CUDA.
 *
 * @param tensorflow folder of the wheel's package.
 */
export async function buildAddon(
  machine: Machine,
  addon: Addon,
  toolchain: Toolchain,
  tensorflow: string,
  log: (line: string) => void,
): Promise<void> {
  const stamp = `${addon.path}.built-for`;
  const fusedOps = createHash('sha256')
    .update(await readFile(FUSED_OPS))
    .update(await readFile(FUSED_FUNCTIONS))
    .digest('hex');
  const builtFor = `${tensorflow}\n${fusedOps}\n`;
  if (existsSync(addon.path) && existsSync(stamp) && (await readFile(stamp, 'utf8')) === builtFor) {
    log(`the addon is built: ${addon.path}`);
    return;
  }
  log(`compiling the addon with ${toolchain.compiler}`);
  await mkdir(dirname(addon.path), { recursive: true });
  const unfinished = `${addon.path}.tmp`;
  const { status, lines } = await machine.run(toolchain.compiler, [
    ...['-std=c++17', '-O3', '-fPIC', '-shared', '-w'],
    // fused-functions.h tells why.
    '-fno-trapping-math',
    // The wheel needs AVX anyway, and our ops sum in binary64, which gains from it.
    ...(machine.architecture === 'x64' ? ['-mavx'] : []),
    ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding'],
    // The flags that the wheel was compiled with: tf.sysconfig.get_compile_flags().
    ...['-DNDEBUG', '-D_GLIBCXX_USE_CXX11_ABI=1', '-DEIGEN_MAX_ALIGN_BYTES=64'],
    ...[toolchain.nodeHeaders, join(addon.folder, '..'), join(tensorflow, 'include')].flatMap((folder) => [
      '-I',
      folder,
    ]),
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(addon.folder, 'binding', file)),
    FUSED_OPS,
    ...['-L', tensorflow, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    `-Wl,-rpath,${tensorflow}`,
    ...['-o', unfinished],
  ]);
  if (status !== 0) {
    await rm(unfinished, { force: true });
    throw new LongError('E_BACKEND', [
      `${toolchain.compiler} could not compile the addon of ${TENSORFLOW_PACKAGE}:`,
      ...lines.slice(0, SHOWN_LINES),
    ]);
  }
  await rename(unfinished, addon.path);
  await writeFile(stamp, builtFor);
}

export async function removeAddon({ folder }: Addon): Promise<void> {
  await rm(join(folder, 'lib'), { recursive: true, force: true });
}
