import { dirname, join } from 'node:path';
import {
  type BiperConfig,
  type Checkpoint,
  checkpointBiperConfig,
  parseBiperConfig,
  trainedFacts,
} from '@signwave/convert';
import { isPlainFile, readFileBytes } from '@signwave/data/node';
import { SignwaveError } from '@signwave/format';

/** Bytes of a config.txt; BiPer's training writes some hundreds. What is larger, or no plain file, is something else. */
const MAX_CONFIG_BYTES = 2 ** 20;

/** What is known about a BiPer checkpoint beyond its tensors, and which file says so: the checkpoint itself or a config.txt. */
export interface FoundBiperConfig extends BiperConfig {
  readonly path: string;
}

/**
 * Reads omega0 and the stage of a BiPer checkpoint from its own metadata, or else from the `config.txt` that BiPer's training writes
 * beside it.
 *
 * @param configPath the user's config.txt; default: the one in the checkpoint's folder, if there is one.
 * @throws {SignwaveError} `E_OMEGA0` if the given config.txt has no omega0, or one that differs from the metadata's.
 */
export async function readBiperConfig(
  checkpointPath: string,
  checkpoint: Checkpoint,
  configPath: string | undefined,
): Promise<FoundBiperConfig | undefined> {
  const own = checkpointBiperConfig(checkpoint);
  const beside = join(dirname(checkpointPath), 'config.txt');
  if (configPath === undefined) {
    const isOfAnotherMethod = own.omega0 === undefined && trainedFacts(checkpoint) !== undefined;
    if (isOfAnotherMethod || !(await isPlainFile(beside, MAX_CONFIG_BYTES))) {
      return Object.keys(own).length > 0 ? { ...own, path: checkpointPath } : undefined;
    }
  }
  const given = await parseConfigFile(configPath ?? beside);
  if (configPath !== undefined && given.omega0 === undefined) {
    throw new SignwaveError('E_OMEGA0', `${configPath} has no line "freq:"; give --omega0 instead`);
  }
  if (own.omega0 === undefined) return given;
  if (given.omega0 !== undefined && own.omega0 !== given.omega0) {
    throw new SignwaveError(
      'E_OMEGA0',
      `${given.path} has omega0 = ${given.omega0}, but ${checkpointPath} was trained with ${own.omega0}, as its metadata say; if that file is of another training, say so with --omega0 ${own.omega0}`,
    );
  }
  return configPath === undefined ? { ...own, path: checkpointPath } : given;
}

async function parseConfigFile(path: string): Promise<FoundBiperConfig> {
  return {
    ...parseBiperConfig(new TextDecoder().decode(await readFileBytes(path, 'E_IO', MAX_CONFIG_BYTES)), path),
    path,
  };
}
