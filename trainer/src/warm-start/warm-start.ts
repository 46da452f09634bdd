import { listNames } from '@signwave/data';
import { SignwaveError } from '@signwave/format';
import type { Network, Tensor, Tf } from '../types.js';
import { type Filters, ofWaves, scaled, toWaves, type WaveRange } from './filters.js';

/** One of the two networks of a warm start. */
export interface WarmStartSide {
  readonly network: Network;
  /** What messages call it: "runs/twin/best.safetensors (resnet20_float)". */
  readonly name: string;
  /** Frequency of the wave, if binary layers have BiPer's weights. */
  readonly omega0: number | undefined;
}

/**
 * Start a network from the tensors of a trained one, by name and shape; what the trained one doesn't have keeps its initial values.
 *
 * Layers that are binary in either of the two networks get the filters that the other computes with, its binary layers those of stage 1 (a
 * method without stages, its latent weights):
 *
 * - BiPer's become those waves that are the source's real filters ({@link toWaves}). Without an alpha that can learn the range, they have the
 *   filter's direction alone, and batch norm makes up for the rest;
 * - from BiPer to BiPer the phase omega0 w stays what it is;
 * - others get the filters, and those with an alpha the source's, or 1.
 *
 * @returns what was done, in one line for the user.
 * @throws {SignwaveError} `E_CONFIG` for a tensor of another shape, or if no name is common to both; the network is unchanged then.
 */
export async function warmStart(
  tf: Tf,
  target: WarmStartSide,
  source: WarmStartSide,
  range: WaveRange,
): Promise<string> {
  const theirs = tensorsOf(source.network);
  const ours = tensorsOf(target.network);
  verifyFits(target, source);
  const layers = new Set([...target.network.binaryLayers, ...source.network.binaryLayers].map(({ name }) => name));
  const common = [...layers].filter((name) => ours.has(`${name}.weight`) && theirs.has(`${name}.weight`));
  const taken = new Set<string>();
  let [filters, clipped] = [0, 0];
  const values = new Map<string, Float32Array>();
  for (const layer of common) {
    const result = filtersFor(target, layer, await filtersOf(source, layer), source.omega0, range);
    for (const [name, data] of result.tensors) values.set(name, data);
    filters += result.tensors[0]![1].length;
    clipped += result.clipped;
  }
  tf.tidy(() => {
    for (const { name, variable } of target.network.parameters) {
      const converted = values.get(name);
      const value = converted ? tf.tensor(converted, variable.shape) : theirs.get(name);
      if (!value) continue;
      variable.assign(value);
      taken.add(name);
    }
    for (const buffer of target.network.buffers) {
      const value = theirs.get(buffer.name);
      if (!value) continue;
      buffer.set(tf.clone(value));
      taken.add(buffer.name);
    }
  });
  const kept = [...ours.keys()].filter((name) => !taken.has(name));
  return describe({ target, source, range, taken: taken.size, kept, layers: common.length, clipped, filters });
}

/** All that a network stores, by name. */
function tensorsOf({ parameters, buffers }: Network): Map<string, Tensor> {
  return new Map([
    ...parameters.map(({ name, variable }): [string, Tensor] => [name, variable]),
    ...buffers.map((buffer): [string, Tensor] => [buffer.name, buffer.get()]),
  ]);
}

function verifyFits(target: WarmStartSide, source: WarmStartSide): void {
  const theirs = tensorsOf(source.network);
  let isAnyCommon = false;
  for (const [name, { shape }] of tensorsOf(target.network)) {
    const found = theirs.get(name)?.shape;
    if (!found) continue;
    isAnyCommon = true;
    if (found.length === shape.length && found.every((size, i) => size === shape[i])) continue;
    throw new SignwaveError(
      'E_CONFIG',
      `${source.name}: "${name}" is (${found.join(', ')}), but ${target.name} has (${shape.join(', ')}); name the checkpoint of a network of the same shapes as "warmStart.checkpoint"`,
    );
  }
  if (isAnyCommon) return;
  const first = target.network.parameters[0]!;
  throw new SignwaveError(
    'E_CONFIG',
    `${source.name} has no tensor of ${target.name}, such as "${first.name}" (${first.variable.shape.join(', ')}); name the checkpoint of a network of the same kind as "warmStart.checkpoint"`,
  );
}

const parameterOf = ({ network }: WarmStartSide, name: string): Tensor | undefined =>
  network.parameters.find((it) => it.name === name)?.variable;

const isBinary = ({ network }: WarmStartSide, layer: string): boolean =>
  network.binaryLayers.some(({ name }) => name === layer);

interface SourceFilters {
  /** As the parameter has them. */
  readonly latent: Float32Array;
  /** alpha, if it is learned. */
  readonly scale: Float32Array | undefined;
  readonly count: number;
  readonly isWave: boolean;
}

async function filtersOf(source: WarmStartSide, layer: string): Promise<SourceFilters> {
  const weight = parameterOf(source, `${layer}.weight`)!;
  const alpha = parameterOf(source, `${layer}.alpha`);
  return {
    latent: (await weight.data()) as Float32Array,
    scale: alpha && ((await alpha.data()) as Float32Array),
    count: weight.shape[0]!,
    isWave: source.omega0 !== undefined && isBinary(source, layer),
  };
}

/** @returns the layer's tensors, the weights first. */
function filtersFor(
  target: WarmStartSide,
  layer: string,
  { latent, scale: alpha, count, isWave }: SourceFilters,
  sourceOmega0: number | undefined,
  range: WaveRange,
): { readonly tensors: [name: string, data: Float32Array][]; readonly clipped: number } {
  const hasAlpha = parameterOf(target, `${layer}.alpha`) !== undefined;
  const scale = alpha ?? new Float32Array(count).fill(1);
  const named = (weights: Float32Array, factors: Float32Array): [string, Float32Array][] => [
    [`${layer}.weight`, weights],
    ...(hasAlpha ? [[`${layer}.alpha`, factors] as [string, Float32Array]] : []),
  ];
  const { omega0 } = target;
  const toWave = omega0 !== undefined && isBinary(target, layer);
  if (toWave && isWave && (hasAlpha || !alpha)) {
    const ratio = sourceOmega0! / omega0;
    return { tensors: named(ratio === 1 ? latent : latent.map((w) => w * ratio), scale), clipped: 0 };
  }
  const real: Filters = { values: isWave ? ofWaves(latent, sourceOmega0!) : latent, scale };
  const filters = hasAlpha ? real : { values: scaled(real), scale: new Float32Array(count).fill(1) };
  if (!toWave) return { tensors: named(filters.values, filters.scale), clipped: 0 };
  const waves = toWaves(filters, range, omega0);
  return { tensors: named(waves.weights, waves.alpha), clipped: waves.clipped };
}

interface Done {
  readonly target: WarmStartSide;
  readonly source: WarmStartSide;
  readonly range: WaveRange;
  readonly taken: number;
  readonly kept: readonly string[];
  readonly layers: number;
  readonly clipped: number;
  readonly filters: number;
}

function describe({ target, source, range, taken, kept, layers, clipped, filters }: Done): string {
  const share = clipped === 0 ? '' : ` (${((100 * clipped) / filters).toFixed(2)} % of their weights clipped)`;
  const waves =
    target.omega0 !== undefined && source.omega0 === undefined && layers > 0
      ? `, filters of ${layers} layers as sin(${target.omega0} w) with range "${range}"${share}`
      : '';
  const rest = kept.length === 0 ? 'nothing keeps its' : `${listNames(kept)} keep their`;
  return `warm start from ${source.name}: took over ${taken} of ${taken + kept.length} tensors${waves}; ${rest} initial values`;
}
