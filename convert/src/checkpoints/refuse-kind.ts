import { SignwaveError } from '@signwave/format';

/** What to do with a file that is no PyTorch checkpoint; the first pattern that fits what `sniffKind` said. */
const ADVICE: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/\.sgnw/, "It's already converted: look at it with `signwave inspect`."],
  [/\.npy/, 'One array is no network: numpy.savez writes several, each under the name of its tensor.'],
  [/git-lfs/, 'Fetch the file itself with `git lfs pull`.'],
  [
    /TensorFlow Lite/,
    'It has a network and no checkpoint: `signwave convert` and `signwave inspect` read it if Larq Compute Engine wrote it.',
  ],
  [/ONNX|TorchScript|TensorFlow|HDF5|Keras|GGUF/, 'Convert the PyTorch checkpoint that it was made from.'],
  [/HTML/, 'Download the checkpoint again, and look at the page for the reason.'],
  [/empty file/, 'Download or save the checkpoint again.'],
  [
    /JSON/,
    'Of a checkpoint in several files, give the model.safetensors.index.json: it has a weight_map that says which file has which tensor.',
  ],
  [/(gzip|bzip2|xz|Zstandard|tar) archive/, 'Unpack it first: a checkpoint may be inside.'],
  [/Python pickle/, 'Only what torch.save writes is read, not every pickle.'],
  [/zip archive/, 'A checkpoint that torch.save writes has one; zipping or unpacking it by hand can lose it.'],
];

/**
 * The error for a file that is no checkpoint.
 *
 * @param kind what it is instead, in the words of `sniffKind` or {@link kindOfZip}.
 */
export function kindError(sourceName: string, kind: string): SignwaveError {
  const advice = ADVICE.find(([pattern]) => pattern.test(kind))?.[1] ?? 'Give the file that torch.save wrote.';
  return new SignwaveError(
    'E_CHECKPOINT_KIND',
    `${sourceName} is ${kind}, not a checkpoint that is read here. ${advice}`,
  );
}

/** Say what a zip archive is that isn't a checkpoint, by its entry names; `undefined` if it may be a checkpoint. */
export function kindOfZip(names: readonly string[]): string | undefined {
  if (names.some((name) => /^[^/]+\/(constants\.pkl|code\/)/.test(name))) return 'a TorchScript archive';
  if (names.some((name) => DATA_PICKLE.test(name))) return undefined;
  if (names.includes('model.weights.h5')) return 'a Keras model (.keras)';
  return 'a zip archive without data.pkl';
}

/** Whether an archive is what `numpy.savez` writes, by its entry names. */
export function isNpz(names: readonly string[]): boolean {
  return names.length > 0 && names.every((name) => name.endsWith('.npy'));
}

/** `torch.save` puts everything in one folder, named after the file or `archive`. */
export const DATA_PICKLE = /^[^/]+\/data\.pkl$/;
