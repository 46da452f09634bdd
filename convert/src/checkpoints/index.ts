import { type ByteSource, SignwaveError, SNIFF_BYTES, sniffKind } from '@signwave/format';
import { openCaffeModel } from './caffemodel.js';
import type { Checkpoint } from './checkpoint.js';
import { distributedFileError } from './distributed.js';
import type { PartOptions } from './network-tensors.js';
import { openNpz } from './npz.js';
import { isNpz, kindError } from './refuse-kind.js';
import { openSafetensors } from './safetensors.js';
import { openSafetensorsIndex } from './safetensors-index.js';
import { openTorchLegacy } from './torch-legacy.js';
import { openTorchZip } from './torch-zip.js';
import { ZipArchive } from './zip-archive.js';

export type { Checkpoint, StateDict, StoredTensor } from './checkpoint.js';
export { checkpointFolderError } from './distributed.js';
export type { StoredDtype } from './dtypes.js';
export type { PartOptions } from './network-tensors.js';
export { SeveralStateDicts } from './state-dict-search.js';

export interface OpenOptions extends PartOptions {
  /**
   * Opens another file of the same folder, for a checkpoint in several files. `name` comes from the checkpoint and has been checked to be a
   * plain file name, without a folder. The caller closes what this opened, after the last `readF32`.
   */
  readonly openSibling?: (name: string) => Promise<ByteSource>;
}

/**
 * Open a checkpoint: what `torch.save` wrote (a zip archive, or before PyTorch 1.6 a series of pickles), a safetensors file, the index
 * of several (`*.index.json`), an `.npz` of NumPy, or a `.caffemodel` of Caffe. Nothing in it is executed, and only the directory of its tensors is read; values are
 * read tensor by tensor, by `readF32`.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_KIND` if it's something else, or a `SeveralStateDicts` with what to choose from, `E_CHECKPOINT_STRUCTURE` if the container is
 *   damaged or hostile, `E_CHECKPOINT_PICKLE` if its pickle is, `E_CHECKPOINT_TENSOR` if a tensor of the state dict
 *   doesn't fit its storage, `E_USAGE` if the options name a part that isn't there, `E_IO` if a source can't be read.
 */
export async function openCheckpoint(source: ByteSource, options: OpenOptions = {}): Promise<Checkpoint> {
  const distributed = distributedFileError(source.name);
  if (distributed) throw distributed;
  const head = await source.read(0, Math.min(SNIFF_BYTES, source.sizeBytes));
  const kind = sniffKind(head, source.sizeBytes);
  if (isSafetensors(kind, head, source.name)) return openSafetensors(source, inFlatFile(options, source.name));
  if (kind === 'a zip archive') {
    const archive = await ZipArchive.open(source);
    return isNpz(archive.names) ? openNpz(archive, inFlatFile(options, source.name)) : openTorchZip(archive, options);
  }
  if (kind.includes('legacy format')) return openTorchLegacy(source, options);
  if (kind === 'a JSON text') {
    return openSafetensorsIndex(source, options.openSibling, inFlatFile(options, source.name));
  }
  if (isCaffeModel(kind, head, source.name)) return openCaffeModel(source, inFlatFile(options, source.name));
  throw kindError(source.name, kind);
}

/**
 * Whether to read the file as Caffe's: a network with a name, or one without, which begins with a layer (protobuf field 100). The format has
 * no magic number, so a damaged file can look like nothing known; its name decides then which error its reader gets.
 */
function isCaffeModel(kind: string, head: Uint8Array, name: string): boolean {
  const isNameless = head[0] === 0xa2 && head[1] === 0x06;
  return (
    kind === 'a Caffe model' || (kind.startsWith('an unknown kind') && (isNameless || name.endsWith('.caffemodel')))
  );
}

/**
 * Whether to read the file as safetensors. The format has no magic number: a file with a wrong length field can look like nothing known, or
 * like gzip if the length happens to begin like gzip's magic. Then the file's name decides which error its reader gets.
 */
function isSafetensors(kind: string, head: Uint8Array, name: string): boolean {
  if (kind === 'a safetensors file') return true;
  return name.endsWith('.safetensors') && (head[8] === 0x7b || kind.startsWith('an unknown kind'));
}

/** Options for a file whose tensors lie side by side, not in dicts. */
function inFlatFile(options: PartOptions, sourceName: string): PartOptions {
  if (options.stateDict === undefined) return options;
  throw new SignwaveError(
    'E_USAGE',
    `${sourceName} has no dicts to choose from, only tensors by name: --prefix chooses those whose names begin with something`,
  );
}
