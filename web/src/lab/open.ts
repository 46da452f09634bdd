import { convertCheckpoint, openCheckpoint, parseBiperConfig } from '@signwave/convert';
import {
  blobSource,
  type InputNode,
  readModel,
  SignwaveError,
  SNIFF_BYTES,
  sniffKind,
  writeModel,
} from '@signwave/format';
import { summarize } from '../../../cli/src/report/model-summary.js';
import type { OpenedModel, OpenOptions } from './protocol.js';

const WRITER = 'signwave web';
/** The page keeps the checkpoint's used tensors in memory: a phone has no more for one tab. */
const MAX_FILE_BYTES = 2 ** 30;

/**
 * Open what was dropped: a model, which is checked, or a checkpoint, which is converted.
 *
 * @throws {SignwaveError} `E_USAGE` unless one of the files is a model or checkpoint; all that reading and converting can throw.
 */
export async function openModel(files: readonly File[], options: OpenOptions): Promise<OpenedModel> {
  const { main, config, labels } = sortFiles(files);
  if (main.size > MAX_FILE_BYTES) {
    throw new SignwaveError(
      'E_USAGE',
      `${main.name} has ${main.size} bytes, this page reads up to ${MAX_FILE_BYTES}: use the command line, signwave convert`,
    );
  }
  const head = new Uint8Array(await main.slice(0, SNIFF_BYTES).arrayBuffer());
  if (sniffKind(head, main.size).includes('signwave model')) {
    return described(new Uint8Array(await main.arrayBuffer()), main.name);
  }
  const startMs = performance.now();
  const checkpoint = await openCheckpoint(blobSource(main, main.name));
  const omega0 = options.omega0 ?? (config && parseBiperConfig(await config.text(), config.name).omega0);
  const sourceSha256 = await sha256(main);
  const { model } = await convertCheckpoint(checkpoint, {
    writer: WRITER,
    ...(sourceSha256 !== undefined && { sourceSha256 }),
    ...(omega0 !== undefined && { omega0 }),
    ...(options.arch !== undefined && { arch: options.arch }),
    ...(labels && { labels: linesOf(await labels.text()) }),
  });
  const bytes = new Uint8Array(writeModel(model));
  const converted = { ms: performance.now() - startMs, checkpointBytes: main.size };
  return { ...described(bytes, `${main.name.replace(/(\.pth)?\.[^.]*$/, '')}.sgnw`), converted };
}

function described(bytes: Uint8Array<ArrayBuffer>, fileName: string): OpenedModel {
  const model = readModel(bytes, fileName);
  const { architecture, method } = model.info;
  const [{ height, width, channels }] = model.graph.nodes as readonly [InputNode];
  return {
    bytes,
    fileName,
    architecture: `${method} ${architecture}`,
    input: `${height} × ${width} × ${channels}`,
    summary: summarize(model, bytes),
  };
}

/** Texts lie beside the checkpoint or model, which is what remains. */
function sortFiles(files: readonly File[]): { main: File; config: File | undefined; labels: File | undefined } {
  const config = files.find(({ name }) => /config.*\.txt$/i.test(name));
  const labels = files.find(({ name }) => /(labels|classes).*\.txt$/i.test(name));
  const others = files.filter((file) => file !== config && file !== labels);
  const [main] = others;
  if (!main || others.length > 1) {
    throw new SignwaveError(
      'E_USAGE',
      main
        ? `${others.length} models were given (${others.map(({ name }) => name).join(', ')}); give one at a time`
        : 'no checkpoint or model is among the files; give it together with its texts',
    );
  }
  return { main, config, labels };
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Browsers have it only on pages from https or localhost; the model does without it then. */
async function sha256(file: File): Promise<string | undefined> {
  if (!crypto.subtle) return undefined;
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
