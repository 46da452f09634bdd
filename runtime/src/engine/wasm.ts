import { nameOf, SignwaveError, shorten, sniffKind, tagOf } from '@signwave/format';
import { MODULES_ID } from '../../build/identity.js';
import { holdsBytes, viewBytes } from '../bytes.js';
import { fetchAnswer, readAnswer } from '../download.js';
import { isLocalFile, readLocalFile } from '../local-file.js';
import { addressOf } from '../source.js';
import { inlinedWasm } from './inlined-wasm.js';
import type { BuildName, WasmSources } from './wasm-sources.js';

/** The custom section that holds a module's name and {@link MODULES_ID}; runtime/scripts/build-wasm.mjs writes it. */
const SECTION = 'signwave';
const MAGIC = [0, 0x61, 0x73, 0x6d];

/**
 * Loads the module of a build: the source given for it, or else the inlined one.
 *
 * @throws {SignwaveError} `E_IO` if the source can't be fetched or isn't this build of this version; `E_USAGE` if it is no source at all;
 *   `E_ENGINE` if none was given and none is inlined, or if the engine refuses to compile it.
 */
export async function moduleOf(
  build: BuildName,
  sources: WasmSources,
  signal: AbortSignal | undefined,
): Promise<WebAssembly.Module> {
  const source = sources[build] ?? inlinedWasm(build);
  if (source === undefined) {
    throw new SignwaveError(
      'E_ENGINE',
      `this entry point has no WebAssembly inside: pass { wasm: { ${build}: … } }, an address, bytes or a module of ` +
        `@signwave/runtime/wasm/${build}.wasm`,
    );
  }
  const address = addressOf(source);
  const title = address === undefined ? `wasm.${build}` : shorten(address);
  const isCompiled = tagOf(source) === 'WebAssembly.Module';
  const module = isCompiled
    ? (source as WebAssembly.Module)
    : await compile(
        checkedBytes(address === undefined ? source : await fetchBytes(address, title, signal), title, build),
        title,
      );
  checkIdentity(module, title, build);
  return module;
}

/** @throws {SignwaveError} `E_ENGINE` if the engine refuses to instantiate the module. */
export async function instantiate(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports = {},
): Promise<WebAssembly.Instance> {
  try {
    return await WebAssembly.instantiate(module, imports);
  } catch (cause) {
    throw refused('the kernels', 'instantiated', cause);
  }
}

async function fetchBytes(
  address: string,
  title: string,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  if (isLocalFile(address)) return readLocalFile(address, signal);
  return readAnswer(await fetchAnswer(address, signal), title, signal);
}

function checkedBytes(source: unknown, title: string, build: BuildName): Uint8Array<ArrayBuffer> {
  if (!holdsBytes(source)) {
    throw new SignwaveError(
      'E_USAGE',
      `${title}: expected an address, bytes or a WebAssembly.Module, got ${nameOf(source)}`,
    );
  }
  const bytes = viewBytes(source);
  if (MAGIC.every((byte, i) => bytes[i] === byte)) return bytes;
  throw notTheFile(title, `is not WebAssembly, but ${sniffKind(bytes)}`, build);
}

async function compile(bytes: Uint8Array<ArrayBuffer>, title: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw refused(title, 'compiled', cause, WebAssembly.validate(bytes));
  }
}

function checkIdentity(module: WebAssembly.Module, title: string, build: BuildName): void {
  const section = WebAssembly.Module.customSections(module, SECTION)[0];
  if (!section) throw notTheFile(title, 'has no custom section "signwave"; a tool may have stripped it', build);
  const [name, id] = String.fromCharCode(...new Uint8Array(section)).split(' ');
  if (name !== build) throw notTheFile(title, `is the ${name} build`, build);
  if (id !== MODULES_ID) {
    throw notTheFile(
      title,
      `has the kernels ${id} of another version of signwave, this one's are ${MODULES_ID}`,
      build,
    );
  }
}

function notTheFile(title: string, found: string, build: BuildName): SignwaveError {
  return new SignwaveError(
    'E_IO',
    `${title} ${found}; expected ${build}.wasm of this version of @signwave/runtime, in its folder dist/wasm`,
  );
}

function refused(title: string, action: string, cause: unknown, isSound = true): SignwaveError {
  const hint = !isSound
    ? 'it is cut short, or the engine lacks an instruction of it'
    : cause instanceof RangeError
      ? 'there is no memory left: dispose of models that are not needed'
      : "a Content-Security-Policy needs 'wasm-unsafe-eval' in script-src; where nothing may be compiled, pass compiled modules as wasm";
  return new SignwaveError('E_ENGINE', `${title} can't be ${action}: ${(cause as Error).message} (${hint})`, { cause });
}
