import { join } from 'node:path';
import type { TrainConfig } from '@signwave/trainer';
import { expandHome } from '../expand-home.js';
import { refuseOverwriting } from '../output-guard.js';

/** What was given in place of a config's. */
interface Folders {
  readonly data?: string;
  readonly output?: string;
}

/** The config with the folders of this run. `~` is expanded here, since no shell does that within a file. */
export function withFolders(
  { distillation, warmStart, ...config }: TrainConfig,
  { data, output }: Folders,
): TrainConfig {
  return {
    ...config,
    data: { ...config.data, folder: data ?? expandHome(config.data.folder) },
    output: output ?? expandHome(config.output),
    ...(warmStart && { warmStart: { ...warmStart, checkpoint: expandHome(warmStart.checkpoint) } }),
    ...(distillation && { distillation: withPaths(distillation) }),
  };
}

function withPaths({ teacher, cache, ...distillation }: NonNullable<TrainConfig['distillation']>) {
  return {
    ...distillation,
    teacher: expandHome(teacher),
    ...(cache !== undefined && { cache: expandHome(cache) }),
  };
}

/**
 * @param files that say what is trained, by what messages call them.
 * @param names of the files that each run writes.
 * @throws {SignwaveError} `E_USAGE` if a run would overwrite what one of them reads, or leave its files among the data.
 */
export async function verifyOutputs(
  configs: readonly TrainConfig[],
  files: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Promise<void> {
  const all = (pathOf: (config: TrainConfig) => string | undefined): string[] => [
    ...new Set(configs.map(pathOf).filter((path) => path !== undefined)),
  ];
  const inputs = {
    ...files,
    'the warm start': all(({ warmStart }) => warmStart?.checkpoint),
    'the teacher': all(({ distillation }) => distillation?.teacher),
    'the cache': all(({ distillation }) => distillation?.cache),
  };
  const data = { 'the data': all((config) => config.data.folder) };
  const outputs = all(({ output }) => output);
  await refuseOverwriting({ folders: { 'the output folder': outputs }, data });
  await refuseOverwriting({
    outputs: { 'the file': outputs.flatMap((output) => names.map((name) => join(output, name))) },
    inputs,
    data,
  });
}
