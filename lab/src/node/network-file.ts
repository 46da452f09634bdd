import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Architecture, ownArchitecture, parseNetworkJson } from '@signwave/convert';
import { MAX_TEXT_FILE_BYTES, readFileBytes } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';

/**
 * Reads what `--arch` names: an architecture that signwave knows, or a file that describes one. JSON is only parsed, but a module is
 * executed, since it is the user's own program.
 *
 * @returns the name unchanged, or the file's architecture.
 * @throws {SignwaveError} `E_NETWORK` for a file that describes no architecture; `E_IO`.
 */
export async function readArch(arch: string): Promise<string | Architecture> {
  if (arch.endsWith('.json')) {
    return parseNetworkJson(new TextDecoder().decode(await readFileBytes(arch, 'E_IO', MAX_TEXT_FILE_BYTES)), arch);
  }
  if (!isProgram(arch)) return arch;
  await readFileBytes(arch, 'E_IO', MAX_TEXT_FILE_BYTES);
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(resolve(arch)).href);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SignwaveError('E_NETWORK', `${arch} can't be loaded: ${reason}`, { cause });
  }
  return ownArchitecture(module.default, arch);
}

/** Whether what `--arch` names is a program, which {@link readArch} runs. */
export function isProgram(arch: string): boolean {
  return /\.m?js$/.test(arch);
}
