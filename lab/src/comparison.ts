import type { RasterImage } from '@signwave/data';
import { type Graph, type InputNode, inferShapes, type Model as ModelFile, SignwaveError } from '@signwave/format';
import { Reference } from '@signwave/reference';
import { prepareImage } from '@signwave/runtime';
import type { Images } from './image-sample.js';
import type { OnProgress } from './progress.js';
import { argMax } from './statistics.js';
import { signDifference } from './verify/sign-difference.js';

/** How a layer differs between two models, over all images so far. */
export interface LayerComparison {
  /** Name of the module, which both models have. */
  readonly name: string;
  /** Number of activation bits that the layer reads; 0 if it reads floats. */
  readonly bits: number;
  readonly differingBits: number;
  /** The largest distance of a value of the first model from its threshold where the bit differs, as a share of the largest value there. */
  readonly farthestFromThreshold: number;
  /** Largest difference of the layer's scaled sums. */
  readonly largestDifference: number;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The nodes of a layer in one of the graphs. */
interface Place {
  /** The `sign` that feeds the layer, if any. */
  readonly sign: number | undefined;
  /** The node with the scaled sums: the affine that reads the layer and nothing else, or the layer itself. */
  readonly result: number;
}

/** Runs two models in the reference and compares their layers. */
export class Comparison {
  readonly #references: readonly [Reference, Reference];
  readonly #places: ReadonlyMap<string, readonly [Place, Place]>;
  readonly #layers = new Map<string, Mutable<Omit<LayerComparison, 'name'>>>();
  readonly #graph: Graph;
  /** Named layers that only one of the models has, or whose shapes differ. */
  readonly unmatched: readonly string[];
  images = 0;
  sameTop1 = 0;
  largestLogitDifference = 0;

  constructor(a: ModelFile, b: ModelFile) {
    this.#graph = a.graph;
    this.#references = [new Reference(a.graph), new Reference(b.graph)];
    const [inA, inB] = [placesOf(a.graph), placesOf(b.graph)];
    const [shapesA, shapesB] = [inferShapes(a.graph), inferShapes(b.graph)];
    const places = new Map<string, readonly [Place, Place]>();
    for (const [name, place] of inA) {
      const other = inB.get(name);
      if (!other || !sameShape(shapesA[place.result]!, shapesB[other.result]!)) continue;
      places.set(name, [place, other]);
      this.#layers.set(name, { bits: 0, differingBits: 0, farthestFromThreshold: 0, largestDifference: 0 });
    }
    this.#places = places;
    this.unmatched = [...new Set([...inA.keys(), ...inB.keys()])].filter((name) => !places.has(name));
  }

  /** @param inputs one image, prepared for each of the models: bytes or preprocessed floats (H, W, C). */
  check(...inputs: readonly [Uint8Array | Float32Array, Uint8Array | Float32Array]): void {
    const [a, b] = this.#references.map((reference, i) => reference.record(inputs[i]!).maps);
    for (const [name, [inA, inB]] of this.#places) {
      const layer = this.#layers.get(name)!;
      layer.largestDifference = Math.max(layer.largestDifference, largest(a![inA.result]!.data, b![inB.result]!.data));
      if (inA.sign === undefined || inB.sign === undefined) continue;
      const { differing, of, farthest } = signDifference(this.#graph, inA.sign, a!, b![inB.sign]!.data);
      layer.bits += of;
      layer.differingBits += differing;
      layer.farthestFromThreshold = Math.max(layer.farthestFromThreshold, farthest);
    }
    const [outputA, outputB] = [a!.at(-1)!.data, b!.at(-1)!.data];
    this.images++;
    if (argMax(outputA) === argMax(outputB)) this.sameTop1++;
    this.largestLogitDifference = Math.max(this.largestLogitDifference, largest(outputA, outputB));
  }

  /** In the order of the first model. */
  get layers(): LayerComparison[] {
    return [...this.#layers].map(([name, layer]) => ({ name, ...layer }));
  }
}

/** A model and its name in messages, such as its path. */
export interface NamedModel {
  readonly name: string;
  readonly file: ModelFile;
}

/**
 * Compares two models on images, which are prepared by each model's own recipe.
 *
 * @throws {SignwaveError} `E_INPUT_SHAPE` if one of them has no recipe.
 */
export async function compareModels(
  a: NamedModel,
  b: NamedModel,
  images: Images,
  onProgress: OnProgress = () => {},
): Promise<Comparison> {
  const comparison = new Comparison(a.file, b.file);
  for (let n = 0; n < images.count; n++) {
    const item = await images.read(n);
    if (item) comparison.check(inputOf(a, item.image), inputOf(b, item.image));
    onProgress(n + 1, images.count);
  }
  images.end();
  return comparison;
}

function inputOf({ name, file: { info, graph } }: NamedModel, image: RasterImage): Uint8Array | Float32Array {
  const { recipe, height, width } = graph.nodes[0] as InputNode;
  if (!recipe)
    throw new SignwaveError('E_INPUT_SHAPE', `${name} (${info.name}) has no input recipe: images can't be given to it`);
  return prepareImage(image, recipe, height, width);
}

function placesOf({ nodes }: Graph): Map<string, Place> {
  const places = new Map<string, Place>();
  nodes.forEach((node, index) => {
    if ((node.op !== 'conv' && node.op !== 'linear') || node.name === undefined) return;
    const operand = node.inputs[0]!;
    const readers = nodes.flatMap((reader, i) => (reader.inputs.includes(index) ? [i] : []));
    const [only] = readers;
    const isScaled = readers.length === 1 && nodes[only!]!.op === 'affine';
    places.set(node.name, {
      sign: nodes[operand]!.op === 'sign' ? operand : undefined,
      result: isScaled ? only! : index,
    });
  });
  return places;
}

function sameShape(a: { height: number; width: number; channels: number }, b: typeof a): boolean {
  return a.height === b.height && a.width === b.width && a.channels === b.channels;
}

function largest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}
