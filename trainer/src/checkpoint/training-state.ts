import { SignwaveError } from '@signwave/format';
import { borrowedOptionsOf, METHODS } from '../methods/index.js';
import { ARCHITECTURES, quantizersOf } from '../models/index.js';
import { styleOf } from '../models/method-style.js';
import type { Network, StateBuffer, Tensor, Tf } from '../types.js';
import { factsMetadata, factsOfMetadata, type InferenceFacts } from './inference-facts.js';
import type { TrainingState } from './run-state.js';
import { readSafetensors, readSafetensorsMetadata, type StoredTensor, writeSafetensors } from './safetensors.js';
import { StoredMetadata } from './stored-state.js';

/** Marks a safetensors file as a checkpoint of this trainer. */
const FORMAT = 'signwave-training';
const VERSION = '1';
const OPTIMIZER_PREFIX = 'optimizer.';

/**
 * A checkpoint: parameters and buffers by PyTorch's names, then the optimizer's state as `optimizer.<name>`.
 *
 * @param optimizerState empty in a checkpoint that is only to be converted or evaluated.
 * @param facts what inference needs besides, so that whoever has the file can convert it.
 */
export async function writeCheckpoint(
  network: Network,
  optimizerState: readonly StateBuffer[],
  state: TrainingState,
  facts: InferenceFacts,
): Promise<Uint8Array<ArrayBuffer>> {
  const named: [string, Tensor][] = [
    ...network.parameters.map(({ name, variable }): [string, Tensor] => [name, variable]),
    ...network.buffers.map((buffer): [string, Tensor] => [buffer.name, buffer.get()]),
    ...optimizerState.map((buffer): [string, Tensor] => [OPTIMIZER_PREFIX + buffer.name, buffer.get()]),
  ];
  const tensors: StoredTensor[] = [];
  for (const [name, tensor] of named) {
    const data = await tensor.data();
    tensors.push({ name, shape: tensor.shape, data: data as Float32Array | Int32Array });
  }
  const { config, sums, ...plain } = state;
  const { architecture, method, methodOptions, network: style } = config;
  const { weights, activations } = quantizersOf(architecture, config.quantizers);
  const metadata = {
    format: FORMAT,
    version: VERSION,
    architecture,
    // For `signwave convert`: how latent weights and activations are quantized, for BiPer with the frequency of its wave, and how the network
    // joins its layers.
    method,
    methodOptions: JSON.stringify(methodOptions),
    style: JSON.stringify(styleOf(ARCHITECTURES[architecture], method, style)),
    // Float networks and networks of methods without a factor have no `alpha`.
    scale: weights === 'float' ? 'none' : METHODS[method].scale,
    weights,
    ...(weights === 'biper' && { omega0: String(config.omega0) }),
    activations,
    ...(activations === 'dorefa' && {
      activationBits: String((method === 'dorefa' ? methodOptions : borrowedOptionsOf('dorefa')).bits),
    }),
    ...factsMetadata(facts),
    ...Object.fromEntries(Object.entries(plain).map(([key, value]) => [key, String(value)])),
    sums: JSON.stringify(sums),
    config: JSON.stringify(config),
  };
  return writeSafetensors({ metadata, tensors });
}

/** A checkpoint's content, not yet put into a network. */
export interface LoadedCheckpoint {
  readonly path: string;
  readonly state: TrainingState;
  /** Absent in files of the first version. */
  readonly facts: InferenceFacts | undefined;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** A checkpoint's parameters and buffers, without the optimizer's state; in the order of the file. */
export function networkTensors({ tensors }: LoadedCheckpoint): StoredTensor[] {
  return [...tensors.values()].filter(({ name }) => !name.startsWith(OPTIMIZER_PREFIX));
}

/** @throws {SignwaveError} `E_RESUME` if the file is sound but nothing that this trainer can have written; otherwise as `readSafetensors`. */
export function readCheckpoint(bytes: Uint8Array, path: string): LoadedCheckpoint {
  const { metadata, tensors } = readSafetensors(bytes, path);
  const stored = storedMetadata(metadata, path);
  for (const { name, data } of tensors) {
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) continue;
    throw new SignwaveError(
      'E_RESUME',
      `${path}: tensor "${name}" holds ${data[bad]} at element ${bad}: the training diverged, take an earlier checkpoint`,
    );
  }
  const state = stored.state();
  const facts = 'input' in metadata && 'classNames' in metadata ? factsOfMetadata(stored, path) : undefined;
  return { path, state, facts, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])) };
}

/** How far a run has come that saved this file, of which only the header is read. @throws {SignwaveError} as {@link readCheckpoint}. */
export async function readTrainingState(path: string): Promise<TrainingState> {
  return storedMetadata(await readSafetensorsMetadata(path), path).state();
}

function storedMetadata(metadata: Readonly<Record<string, string>>, path: string): StoredMetadata {
  if (metadata.format === FORMAT && metadata.version === VERSION) return new StoredMetadata(metadata, path);
  const found = `format "${metadata.format ?? ''}", version "${metadata.version ?? ''}"`;
  throw new SignwaveError('E_RESUME', `${path} has ${found}, expected "${FORMAT}", version "${VERSION}"`);
}

/**
 * Put a checkpoint's parameters and buffers into a network.
 *
 * @returns the optimizer's state by name; empty if the checkpoint was written without it.
 * @throws {SignwaveError} `E_RESUME` if a tensor is missing, left over, or of another shape; the network is unchanged then.
 */
export function restoreNetwork(
  tf: Tf,
  network: Network,
  { path, tensors }: LoadedCheckpoint,
): ReadonlyMap<string, StoredTensor> {
  const left = new Set(tensors.keys());
  const take = (name: string, shape: readonly number[]): StoredTensor => {
    const stored = tensors.get(name);
    const wanted = `(${shape.join(', ')})`;
    if (!stored) {
      throw new SignwaveError('E_RESUME', `${path} has no tensor "${name}" ${wanted}: it's of another architecture`);
    }
    if (stored.shape.length !== shape.length || stored.shape.some((size, i) => size !== shape[i])) {
      const found = `(${stored.shape.join(', ')})`;
      throw new SignwaveError('E_RESUME', `${path}: "${name}" is ${found}, but ${network.architecture} has ${wanted}`);
    }
    left.delete(name);
    return stored;
  };
  const values = network.parameters.map(({ name, variable }) => ({ variable, stored: take(name, variable.shape) }));
  const buffers = network.buffers.map((buffer) => ({ buffer, stored: take(buffer.name, buffer.get().shape) }));
  const optimizerState = new Map<string, StoredTensor>();
  for (const name of left) {
    if (!name.startsWith(OPTIMIZER_PREFIX)) continue;
    optimizerState.set(name.slice(OPTIMIZER_PREFIX.length), tensors.get(name)!);
    left.delete(name);
  }
  const [extra] = left;
  if (extra !== undefined) {
    throw new SignwaveError('E_RESUME', `${path} has the tensor "${extra}", which ${network.architecture} lacks`);
  }
  for (const { variable, stored } of values) {
    const value = tensorOf(tf, stored);
    variable.assign(value);
    value.dispose();
  }
  for (const { buffer, stored } of buffers) buffer.set(tensorOf(tf, stored));
  return optimizerState;
}

export function tensorOf(tf: Tf, { shape, data }: StoredTensor): Tensor {
  return tf.tensor(data, [...shape], data instanceof Float32Array ? 'float32' : 'int32');
}
