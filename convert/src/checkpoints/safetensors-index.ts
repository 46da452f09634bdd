import { type ByteSource, SignwaveError } from '@signwave/format';
import type { Checkpoint, StoredTensor } from './checkpoint.js';
import { isObject, type JsonObject } from './json.js';
import { MAX_INDEX_BYTES, MAX_SHARDS, MAX_TENSORS } from './limits.js';
import type { PartOptions } from './network-tensors.js';
import { quote } from './quote.js';
import { kindError } from './refuse-kind.js';
import { readSafetensors, safetensorsCheckpoint } from './safetensors.js';
import { parseObject, utf8 } from './safetensors-header.js';

/** A file name such as `model-00001-of-00002.safetensors`: not hidden, without a folder, a drive or control characters. */
const SHARD_NAME = /^[^./\\:\p{Cc}][^/\\:\p{Cc}]*\.safetensors$/u;
/** One of several files of `torch.save`, which Hugging Face's index names, too: `pytorch_model-00001-of-00002.bin`. */
const TORCH_SHARD = /^pytorch_model[\w.-]*\.bin$/;
const MAX_SHARD_NAME_CHARACTERS = 255;

/**
 * Open a checkpoint in several safetensors files by its index:
 * `{ "metadata": {...}, "weight_map": { tensor name: file name } }`.
 *
 * Every tensor has to be in the file that the index says, and every tensor of those files in the index.
 *
 * @param openSibling opens a file of the index's folder.
 * @throws {SignwaveError} as `openCheckpoint`; `E_CHECKPOINT_KIND` without `openSibling`.
 */
export async function openSafetensorsIndex(
  source: ByteSource,
  openSibling: ((name: string) => Promise<ByteSource>) | undefined,
  part: PartOptions,
): Promise<Checkpoint> {
  const shards = shardsOf(await readWeightMap(source), source.name);
  if (!openSibling) {
    throw new SignwaveError(
      'E_CHECKPOINT_KIND',
      `${source.name} is the index of a checkpoint in ${shards.size} files, which can't be opened here. Give one file with all tensors.`,
    );
  }
  const tensors = new Map<string, StoredTensor>();
  const metadata = new Map<string, string>();
  for (const [file, names] of shards) {
    const shard = await readSafetensors(await openSibling(file));
    for (const [name, tensor] of shard.tensors) {
      if (!names.delete(name)) {
        throw damaged(source.name, `${quote(file)} has a tensor ${quote(name)} that the index doesn't place there`);
      }
      tensors.set(name, tensor);
    }
    const [missing] = names;
    if (missing !== undefined)
      throw damaged(source.name, `tensor ${quote(missing)} should be in ${quote(file)}, but isn't`);
    for (const [key, value] of shard.metadata) {
      if (metadata.has(key) && metadata.get(key) !== value) {
        throw damaged(source.name, `its files disagree about ${quote(key)} of their __metadata__`);
      }
      metadata.set(key, value);
    }
  }
  return safetensorsCheckpoint(source.name, tensors, metadata, part);
}

async function readWeightMap(source: ByteSource): Promise<JsonObject> {
  if (source.sizeBytes > MAX_INDEX_BYTES) {
    throw damaged(source.name, `it has ${source.sizeBytes} bytes, more than ${MAX_INDEX_BYTES}`);
  }
  const text = utf8(await source.read(0, source.sizeBytes), source.name);
  if (!source.name.endsWith('.index.json') && !text.includes('"weight_map"'))
    throw kindError(source.name, 'a JSON text');
  const weightMap = parseObject(text, source.name).get('weight_map');
  if (!isObject(weightMap)) throw damaged(source.name, 'it has no object "weight_map"');
  if (weightMap.size > MAX_TENSORS) throw damaged(source.name, `it names more than ${MAX_TENSORS} tensors`);
  return weightMap;
}

/** The tensors of each file, files in the order in which the index names them. */
function shardsOf(weightMap: JsonObject, sourceName: string): ReadonlyMap<string, Set<string>> {
  const shards = new Map<string, Set<string>>();
  for (const [name, file] of weightMap) {
    if (typeof file === 'string' && TORCH_SHARD.test(file)) throw torchShards(sourceName);
    if (typeof file !== 'string' || file.length > MAX_SHARD_NAME_CHARACTERS || !SHARD_NAME.test(file)) {
      const found = typeof file === 'string' ? quote(file) : 'no string';
      throw damaged(
        sourceName,
        `it places ${quote(name)} in ${found}, expected the name of a .safetensors file in the same folder`,
      );
    }
    const names = shards.get(file) ?? new Set();
    shards.set(file, names.add(name));
    if (shards.size > MAX_SHARDS) throw damaged(sourceName, `it names more than ${MAX_SHARDS} files`);
  }
  return shards;
}

function torchShards(sourceName: string): SignwaveError {
  const load = "w.update(torch.load(f, 'cpu', weights_only=True))";
  return new SignwaveError(
    'E_CHECKPOINT_KIND',
    `${sourceName} is the index of several PyTorch files; only those of safetensors are read in parts. Join them in their folder, then convert OUT.pth: ` +
      `python -c "import glob, torch; w = {}; [${load} for f in glob.glob('pytorch_model*.bin')]; torch.save(w, 'OUT.pth')"`,
  );
}

function damaged(sourceName: string, what: string): SignwaveError {
  return new SignwaveError('E_CHECKPOINT_STRUCTURE', `${sourceName} is a damaged index of safetensors files: ${what}`);
}
