import {
  type Checkpoint,
  checkpointBiperConfig,
  convertCheckpoint,
  openCheckpoint,
  parseBiperConfig,
  parseNetworkJson,
} from '@signwave/convert/first-load';
import { checkLabelCount } from '@signwave/data';
import {
  blobSource,
  inferShapes,
  readModel,
  SignwaveError,
  SNIFF_BYTES,
  sniffKind,
  writeModel,
} from '@signwave/format';
import { type DroppedFiles, sortFiles } from './dropped-files.js';
import { described, packedName, sha256, WRITER } from './opened.js';
import type { OpenedModel, OpenOptions } from './protocol.js';

/** The page keeps the tensors that it uses in memory, and a phone has no more for one tab. */
const MAX_FILE_BYTES = 2 ** 30;

/** Most people who come have no such file. */
export const importTflite = () => import('./open-tflite.js');

/**
 * Open what was dropped: a model, which is checked and given the labels dropped with it, or a checkpoint or `.tflite`, which is converted.
 *
 * @throws {SignwaveError} `E_USAGE` unless one of the files is a model or checkpoint; and all that reading and converting can throw.
 */
export async function openModel(files: readonly File[], options: OpenOptions): Promise<OpenedModel> {
  const dropped = await sortFiles(files);
  for (const { name, size } of [dropped.main, ...dropped.shards]) {
    if (size <= MAX_FILE_BYTES) continue;
    throw new SignwaveError(
      'E_USAGE',
      `${name} has ${size} bytes, this page reads up to ${MAX_FILE_BYTES}: use the command line, signwave convert`,
    );
  }
  const { main } = dropped;
  const head = new Uint8Array(await main.slice(0, SNIFF_BYTES).arrayBuffer());
  const kind = sniffKind(head, main.size);
  if (kind.includes('signwave model')) return openPacked(dropped);
  if (kind.includes('TensorFlow Lite')) return (await importTflite()).openTflite(dropped, options);
  return openUnpacked(dropped, options);
}

async function openPacked({ main, labels }: DroppedFiles): Promise<OpenedModel> {
  const bytes = new Uint8Array(await main.arrayBuffer());
  const model = readModel(bytes, main.name);
  if (!labels) return described(model, bytes, main.name, []);
  checkLabelCount(labels.names, inferShapes(model.graph).at(-1)!.channels);
  const labelled = { ...model, info: { ...model.info, labels: labels.names } };
  const isReplaced = model.info.labels?.some((label, i) => label !== labels.names[i]);
  const notes = isReplaced ? [`the labels of ${labels.fileName} replace those that were in the model`] : [];
  return described(labelled, new Uint8Array(writeModel(labelled)), main.name, notes);
}

async function openUnpacked(dropped: DroppedFiles, options: OpenOptions): Promise<OpenedModel> {
  const { main, labels, network } = dropped;
  const startMs = performance.now();
  const openSibling = async (name: string) => {
    const file = dropped.shards.find((shard) => shard.name === name);
    if (file) return blobSource(file, file.name);
    throw new SignwaveError('E_IO', `${main.name} names the file ${name}, which was not given; give both together`);
  };
  const { stateDict, prefix } = options;
  const checkpoint = await openCheckpoint(blobSource(main, main.name), {
    openSibling,
    ...(stateDict !== undefined && { stateDict }),
    ...(prefix !== undefined && { prefix }),
  });
  const frequency = await omega0Of(checkpoint, dropped, options);
  const sourceSha256 = await sha256([main, ...dropped.shards]);
  const arch = options.arch ?? (network && parseNetworkJson(await network.text(), network.name));
  const { model, match, warnings } = await convertCheckpoint(checkpoint, {
    writer: WRITER,
    ...(sourceSha256 !== undefined && { sourceSha256 }),
    ...(frequency && { omega0: frequency.omega0 }),
    ...(arch !== undefined && { arch }),
    ...(options.preprocess !== undefined && { preprocess: options.preprocess }),
    ...(labels && { labels: labels.names }),
  });
  const bytes = new Uint8Array(writeModel(model));
  const converted = { ms: performance.now() - startMs, checkpointBytes: main.size };
  const notes = [
    ...(model.info.omega0 === undefined ? [] : [`omega0 = ${model.info.omega0} (${frequency?.from ?? main.name})`]),
    ...(match.note === undefined ? [] : [match.note]),
    ...warnings,
  ];
  return { ...described(model, bytes, packedName(main.name), notes), converted };
}

/** omega0 and where it comes from: the page's field, config.txt or the checkpoint itself. */
async function omega0Of(
  checkpoint: Checkpoint,
  { main, config }: DroppedFiles,
  options: OpenOptions,
): Promise<{ readonly omega0: number; readonly from: string } | undefined> {
  if (options.omega0 !== undefined) return { omega0: options.omega0, from: 'as entered' };
  const stored = checkpointBiperConfig(checkpoint).omega0;
  const beside = config && parseBiperConfig(await config.text(), config.name).omega0;
  if (stored !== undefined && beside !== undefined && stored !== beside) {
    throw new SignwaveError(
      'E_OMEGA0',
      `${config!.name} has omega0 = ${beside}, but ${main.name} was trained with ${stored}, as its metadata say; to insist, enter one of them`,
    );
  }
  if (stored !== undefined) return { omega0: stored, from: main.name };
  return beside === undefined ? undefined : { omega0: beside, from: config!.name };
}
