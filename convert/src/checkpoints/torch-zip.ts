import { SignwaveError } from '@signwave/format';
import type { Checkpoint } from './checkpoint.js';
import { MAX_INFLATED_PICKLE_BYTES, MAX_STORAGE_BYTES } from './limits.js';
import type { PartOptions } from './network-tensors.js';
import { quote } from './quote.js';
import { DATA_PICKLE, kindError, kindOfZip } from './refuse-kind.js';
import { findStateDict } from './state-dict.js';
import { type Storages, storedTensor } from './torch-tensor.js';
import { unpickleSource } from './unpickle.js';
import type { ZipArchive } from './zip-archive.js';

/**
 * Open what `torch.save` of PyTorch 1.6 or later wrote, a zip archive. Nothing in it is executed, and only the
 * directory and the pickle are read, the latter piece by piece.
 *
 * @throws {SignwaveError} as `openCheckpoint`.
 */
export async function openTorchZip(archive: ZipArchive, part: PartOptions): Promise<Checkpoint> {
  const { sourceName } = archive;
  const folder = checkpointFolder(archive, sourceName);
  await checkByteOrder(archive, folder, sourceName);

  const pickle = await archive.open(`${folder}/data.pkl`, MAX_INFLATED_PICKLE_BYTES);
  const storages = entriesOf(archive, folder);
  const { tensors, ...found } = findStateDict(
    { ...(await unpickleSource(pickle, 0, sourceName)), where: 'data.pkl' },
    part,
    sourceName,
  );
  return {
    container: 'torch-zip',
    sourceName,
    tensors: new Map([...tensors].map(([name, ref]) => [name, storedTensor(name, ref, storages, sourceName)])),
    ...found,
  };
}

/** Storages are entries `data/<key>`. */
function entriesOf(archive: ZipArchive, folder: string): Storages {
  const entry = (key: string): string => `${folder}/data/${key}`;
  return {
    container: 'archive',
    sizeBytes: (key) => archive.sizeBytes(entry(key)),
    label: (key) => quote(entry(key)),
    open: (key) => archive.open(entry(key), MAX_STORAGE_BYTES),
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
