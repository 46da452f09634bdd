import { type ByteSource, SignwaveError, SNIFF_BYTES, sniffKind } from '@signwave/format';
import { MAX_PICKLE_BYTES } from './limits.js';
import { quote } from './quote.js';
import { DATA_PICKLE, kindError, kindOfZip } from './refuse-kind.js';
import { findStateDict } from './state-dict.js';
import { type StoredTensor, storedTensor } from './torch-tensor.js';
import { unpickle } from './unpickle.js';
import { ZipArchive } from './zip-archive.js';

export type { StoredDtype } from './dtypes.js';
export type { StoredTensor } from './torch-tensor.js';

/** What a checkpoint file holds. Tensor values are not in memory. */
export interface Checkpoint {
  readonly container: 'torch-zip';
  /** Name of the file, for messages. */
  readonly sourceName: string;
  /** The state dict in file order; a DataParallel `module.` that every name has is removed. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Plain values that lie beside the state dict: epoch, model name, best accuracy. */
  readonly metadata: ReadonlyMap<string, number | string | boolean | null>;
  /** What was neither built nor used, one line each: "optimizer: dict of 2 entries", foreign classes by name. */
  readonly skipped: readonly string[];
}

/**
 * Open a checkpoint that `torch.save` of PyTorch 1.6 or later wrote (a zip archive). Nothing in it is executed, and
 * only the directory and the pickle are read; values are read tensor by tensor, by {@link StoredTensor.readF32}.
 *
 * @throws {SignwaveError} `E_CHECKPOINT_KIND` if it's something else, `E_CHECKPOINT_STRUCTURE` if the archive is
 *   damaged or hostile, `E_CHECKPOINT_PICKLE` if its pickle is, `E_CHECKPOINT_TENSOR` if a tensor of the state dict
 *   doesn't fit its storage or isn't dense, `E_IO` if the source can't be read.
 */
export async function openCheckpoint(source: ByteSource): Promise<Checkpoint> {
  const sourceName = source.name;
  const kind = sniffKind(await source.read(0, Math.min(SNIFF_BYTES, source.sizeBytes)), source.sizeBytes);
  if (kind !== 'a zip archive') throw kindError(sourceName, kind);
  const archive = await ZipArchive.open(source);
  const folder = checkpointFolder(archive, sourceName);
  await checkByteOrder(archive, folder, sourceName);

  const pickle = await archive.read(`${folder}/data.pkl`, MAX_PICKLE_BYTES);
  const { tensors, metadata, skipped } = findStateDict(unpickle(pickle, sourceName), sourceName);
  return {
    container: 'torch-zip',
    sourceName,
    tensors: new Map([...tensors].map(([name, ref]) => [name, storedTensor(name, ref, archive, folder, sourceName)])),
    metadata,
    skipped,
  };
}

/** The folder of the archive that has `data.pkl` in it. */
function checkpointFolder(archive: ZipArchive, sourceName: string): string {
  const kind = kindOfZip(archive.names);
  if (kind) throw kindError(sourceName, kind);
  const pickles = archive.names.filter((name) => DATA_PICKLE.test(name));
  if (pickles.length > 1) {
    throw new SignwaveError(
      'E_CHECKPOINT_STRUCTURE',
      `${sourceName} has ${pickles.length} pickles (${quote(pickles[0]!)}, ${quote(pickles[1]!)}): no telling which counts`,
    );
  }
  return pickles[0]!.slice(0, -'/data.pkl'.length);
}

/** PyTorch 2.1 and later write `byteorder`; before, checkpoints are taken as little-endian, as PyTorch does. */
async function checkByteOrder(archive: ZipArchive, folder: string, sourceName: string): Promise<void> {
  const entry = `${folder}/byteorder`;
  if (archive.sizeBytes(entry) === undefined) return;
  const byteOrder = new TextDecoder().decode(await archive.read(entry, 'little'.length));
  if (byteOrder === 'little') return;
  throw new SignwaveError(
    'E_CHECKPOINT_KIND',
    `${sourceName} has byte order ${quote(byteOrder)}; only "little" is read. Save it again on a little-endian machine.`,
  );
}
