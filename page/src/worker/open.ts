import {
  type Checkpoint,
  checkpointBiperConfig,
  convertCheckpoint,
  openCheckpoint,
  parseBiperConfig,
  parseNetworkJson,
} from '@signwave/convert';
import { checkLabelCount } from '@signwave/data';
import {
  blobSource,
  type InputNode,
  inferShapes,
  type Model,
  readModel,
  SignwaveError,
  SNIFF_BYTES,
  sniffKind,
  writeModel,
} from '@signwave/format';
import { summarize } from '@signwave/lab/first-load';
import { type DroppedFiles, sortFiles } from './dropped-files.js';
import type { OpenedModel, OpenOptions } from './protocol.js';

const WRITER = 'signwave web';
/** The page keeps the tensors that it uses in memory, and a phone has no more for one tab. */
const MAX_FILE_BYTES = 2 ** 30;

/**
 * Open what was dropped: a model, which is checked and given the labels dropped with it, or a checkpoint, which is converted.
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
  if (sniffKind(head, main.size).includes('signwave model')) return openPacked(dropped);
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
  return { ...described(model, bytes, `${main.name.replace(/(\.pth)?\.[^.]*$/, '')}.sgnw`, notes), converted };
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

function described(
  model: Model,
  bytes: Uint8Array<ArrayBuffer>,
  fileName: string,
  notes: readonly string[],
): OpenedModel {
  const { architecture, method } = model.info;
  const [{ height, width, channels }] = model.graph.nodes as readonly [InputNode];
  return {
    bytes,
    fileName,
    architecture: `${method} ${architecture}`,
    input: `${height} × ${width} × ${channels}`,
    notes,
    summary: summarize(model, bytes),
  };
}

/**
 * The SHA-256 of several files, one after the other. Browsers offer it only on pages from https or localhost; elsewhere the model has none.
 */
async function sha256(files: readonly File[]): Promise<string | undefined> {
  if (!crypto.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob([...files]).arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
