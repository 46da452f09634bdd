import { type ByteSource, SignwaveError } from '@signwave/format';
import type { Checkpoint } from './checkpoint.js';
import { MAX_PICKLE_BYTES } from './limits.js';
import { quote } from './quote.js';
import { DATA_PICKLE, kindError, kindOfZip } from './refuse-kind.js';
import { findStateDict } from './state-dict.js';
import { storedTensor } from './torch-tensor.js';
import { unpickle } from './unpickle.js';
import { ZipArchive } from './zip-archive.js';

/**
 * Open what `torch.save` of PyTorch 1.6 or later wrote, a zip archive. Nothing in it is executed, and only the
 * directory and the pickle are read.
 *
 * @throws {SignwaveError} as `openCheckpoint`.
 */
export async function openTorchZip(source: ByteSource): Promise<Checkpoint> {
  const sourceName = source.name;
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
