import { dirname, join } from 'node:path';
import { type Checkpoint, openCheckpoint, type PartOptions } from '@signwave/convert';
import { type FileSource, openFileSource } from './file-source.js';

/** A checkpoint and the files that its tensors are read from. */
export interface CheckpointFile {
  readonly checkpoint: Checkpoint;
  /** The given file, then the files that it names: the shards of a safetensors index. */
  readonly sources: readonly FileSource[];
  /** Closes the files; tensors can't be read afterwards. */
  close(): Promise<void>;
}

/**
 * Opens a checkpoint and the files beside it that belong to it.
 *
 * @param part selects the network in the checkpoint.
 * @throws {SignwaveError} as `openCheckpoint`.
 */
export async function openCheckpointFile(path: string, part: PartOptions = {}): Promise<CheckpointFile> {
  const sources: FileSource[] = [];
  const open = async (file: string): Promise<FileSource> => {
    const source = await openFileSource(file);
    sources.push(source);
    return source;
  };
  const close = async (): Promise<void> => void (await Promise.all(sources.map((source) => source.close())));
  try {
    const openSibling = (name: string): Promise<FileSource> => open(join(dirname(path), name));
    return { checkpoint: await openCheckpoint(await open(path), { ...partOf(part), openSibling }), sources, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Picks the options of {@link openCheckpointFile} from all options of a command. */
function partOf({ stateDict, prefix }: PartOptions): PartOptions {
  return { ...(stateDict !== undefined && { stateDict }), ...(prefix !== undefined && { prefix }) };
}
