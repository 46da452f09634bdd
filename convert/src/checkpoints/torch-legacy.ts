// torch-legacy.ts — what torch.save wrote before PyTorch 1.6, and still does with _use_new_zipfile_serialization=False.
//
//   pickle: the magic number    pickle: 1001, the version    pickle: {little_endian, type_sizes, ...}
//   pickle: the object, whose tensors name storages by key
//   pickle: the keys of all storages, in the order in which they follow
//   for each: count of elements (u64), the elements

import { type ByteSource, SignwaveError } from '@signwave/format';
import type { Checkpoint } from './checkpoint.js';
import type { PartOptions } from './network-tensors.js';
import type { Unpickled, UnpickleOptions } from './pickle-machine.js';
import { describe, PickleDict, PickleSequence, type PickleValue, type StorageRef } from './pickle-values.js';
import { quote } from './quote.js';
import { findStateDict } from './state-dict.js';
import { storageElementBytes } from './torch-globals.js';
import { type Storages, storedTensor } from './torch-tensor.js';
import { unpickleSource } from './unpickle.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const VERSION = 1001;
const COUNT_BYTES = 8;

interface Extent {
  readonly startBytes: number;
  readonly sizeBytes: number;
}

/**
 * Open a checkpoint in PyTorch's legacy format. Nothing in it is executed; only its pickles, piece by piece, and the sizes of its storages are read.
 *
 * @throws {SignwaveError} as `openCheckpoint`.
 */
export async function openTorchLegacy(source: ByteSource, part: PartOptions): Promise<Checkpoint> {
  const { name: sourceName } = source;
  const pickles = new PickleSeries(source);
  await checkHead(pickles, sourceName);
  const object = await pickles.next('its pickle');
  const keys = (await pickles.next('the pickle of storage keys', { keepsAll: true })).value;
  const extents = await findStorages(source, pickles.offsetBytes, keys, object.storages);
  const { tensors, ...found } = findStateDict({ ...object, where: 'its pickle' }, part, sourceName);
  const storages: Storages = {
    container: 'file',
    sizeBytes: (key) => extents.get(key)?.sizeBytes,
    label: (key) => `storage ${quote(key)}`,
    async open(key) {
      const { startBytes, sizeBytes } = extents.get(key)!;
      const read = (offsetBytes: number, lengthBytes: number) => source.read(startBytes + offsetBytes, lengthBytes);
      return { name: key, sizeBytes, read };
    },
  };
  return {
    container: 'torch-legacy',
    sourceName,
    tensors: new Map([...tensors].map(([name, ref]) => [name, storedTensor(name, ref, storages, sourceName)])),
    ...found,
  };
}

/** Pickles that follow each other. */
class PickleSeries {
  offsetBytes = 0;

  constructor(private readonly source: ByteSource) {}

  async next(where: string, options: UnpickleOptions = {}): Promise<Unpickled> {
    const pickled = await unpickleSource(this.source, this.offsetBytes, this.source.name, { where, ...options });
    this.offsetBytes += pickled.endBytes;
    return pickled;
  }
}

async function checkHead(pickles: PickleSeries, sourceName: string): Promise<void> {
  const magic = (await pickles.next('its first pickle')).value;
  if (magic !== MAGIC) throw damaged(sourceName, `it starts with ${describe(magic)}, not with the magic number`);
  const version = (await pickles.next('its second pickle')).value;
  if (version !== VERSION) throw damaged(sourceName, `its version is ${describe(version)}, expected ${VERSION}`);
  const system = (await pickles.next('its third pickle')).value;
  if (!(system instanceof PickleDict)) throw damaged(sourceName, 'it has no system information');
  if (system.entries.get('little_endian') !== true) {
    throw new SignwaveError(
      'E_CHECKPOINT_KIND',
      `${sourceName} was written on a big-endian machine. Save it again on a little-endian one.`,
    );
  }
}

/** Where each storage lies. Their counts are read and compared with what the object says. */
async function findStorages(
  source: ByteSource,
  startBytes: number,
  keys: PickleValue,
  named: ReadonlyMap<string, StorageRef>,
): Promise<ReadonlyMap<string, Extent>> {
  if (!(keys instanceof PickleSequence)) throw damaged(source.name, `its list of storages is ${describe(keys)}`);
  const extents = new Map<string, Extent>();
  let at = startBytes;
  for (const key of keys.items) {
    const storage = typeof key === 'string' ? named.get(key) : undefined;
    if (typeof key !== 'string' || !storage || extents.has(key)) {
      const found = typeof key === 'string' ? quote(key) : describe(key);
      throw damaged(
        source.name,
        `its list of storages has ${found}, which ${storage ? 'is there twice' : 'no tensor names'}`,
      );
    }
    const elementBytes = storageElementBytes(storage);
    if (elementBytes === undefined) {
      throw damaged(source.name, `storage ${quote(key)} is of the unknown class torch.${quote(storage.typeName)}`);
    }
    const sizeBytes = storage.elements * elementBytes;
    if (at + COUNT_BYTES + sizeBytes > source.sizeBytes) {
      throw damaged(
        source.name,
        `storage ${quote(key)} needs bytes ${at} to ${at + COUNT_BYTES + sizeBytes}, but the file ends at ${source.sizeBytes}`,
      );
    }
    const count = await source.read(at, COUNT_BYTES);
    const elements = new DataView(count.buffer, count.byteOffset, COUNT_BYTES).getBigUint64(0, true);
    if (elements !== BigInt(storage.elements)) {
      throw damaged(source.name, `storage ${quote(key)} has ${elements} elements, its tensors say ${storage.elements}`);
    }
    extents.set(key, { startBytes: at + COUNT_BYTES, sizeBytes });
    at += COUNT_BYTES + sizeBytes;
  }
  return extents;
}

function damaged(sourceName: string, what: string): SignwaveError {
  return new SignwaveError(
    'E_CHECKPOINT_STRUCTURE',
    `${sourceName} is a damaged checkpoint of PyTorch's legacy format: ${what}`,
  );
}
