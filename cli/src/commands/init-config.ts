import { dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { fileExists, writeFileAtomic } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';
import { printNote, printResult } from '../report/output.js';

/** Lies beside the bundle. */
const SCHEMA = fileURLToPath(new URL('./config.schema.json', import.meta.url));

export interface InitCommand {
  readonly init: string;
  readonly network?: string;
  readonly data?: string;
  /** File to write; without it the config goes to stdout. */
  readonly output?: string;
  readonly overwrite?: boolean;
}

/**
 * Writes a config to start from.
 *
 * @throws {SignwaveError} `E_CONFIG` for an unknown method or network; `E_USAGE` if the network isn't named or the file exists; `E_IO`.
 */
export async function initConfig({ init: method, network, data, output, overwrite }: InitCommand): Promise<void> {
  if (network === undefined) {
    throw new SignwaveError('E_USAGE', `--init ${method} needs a network, as in --network resnet20_1w1a`);
  }
  const { initialConfig } = await import('@signwave/trainer');
  const text = initialConfig({ method, network, data, schema: schemaAddress(output) });
  if (output === undefined) {
    printResult(text.trimEnd().split('\n'));
    return;
  }
  if (!overwrite && (await fileExists(output))) {
    throw new SignwaveError('E_USAGE', `${output} exists; replace it by --overwrite, or name another file`);
  }
  await writeFileAtomic(output, new TextEncoder().encode(text));
  printNote(`${output}: edit data.folder, then: signwave train ${output}`);
}

/** Where the schema is, seen from the config: relative, so that it holds if both are moved. */
function schemaAddress(output: string | undefined): string {
  const folder = output === undefined ? process.cwd() : dirname(resolve(output));
  const path = relative(folder, SCHEMA);
  // On Windows there is no relative path to another drive.
  return path === resolve(path) ? pathToFileURL(SCHEMA).href : path.split(sep).join('/');
}
