import { GraphBuilder, type MapShape, type Pads, SignwaveError, tensorValues, type Value } from '@signwave/format';
import { quote } from '../checkpoints/quote.js';
import type { TfliteModel, TfliteTensor } from './read-tflite.js';

/** Numbers of +1 and -1 before they are computed: a `sign` node is made of them when something reads them. */
export interface Signs {
  /** +1 where the value is at least the threshold, otherwise -1. */
  readonly source: Value;
  /** (C); absent: 0. */
  readonly threshold?: Float32Array;
}

/** What of a tensor is known after its operator was lowered. Some wait for the operator that reads them, to become one node with it. */
export type Lowered =
  | { readonly kind: 'map'; readonly value: Value }
  | { readonly kind: 'signs'; readonly signs: Signs }
  /** source * factors[c], which an addition of constants can take into its own node. */
  | { readonly kind: 'scaled'; readonly source: Value; readonly factors: Float32Array }
  /** Zeros around a map, which only a convolution can take as its own. */
  | { readonly kind: 'padded'; readonly source: Value; readonly pads: Pads }
  /** One of several equal parts of a map's channels. */
  | { readonly kind: 'part'; readonly part: Part }
  /** A convolution of one part: all of them and a concatenation are one convolution with groups. */
  | { readonly kind: 'part of a convolution'; readonly part: Part; readonly join: JoinParts; readonly like: string };

export interface Part {
  readonly source: Value;
  readonly index: number;
  readonly count: number;
}

/** Makes one convolution of those of all parts. @param operators their indices, in the order of the parts. */
export type JoinParts = (operators: readonly number[]) => Value;

/** In a network: parts may share a constant, so that joined weights are more than the file has. */
const MAX_JOINED_WEIGHTS = 2 ** 24;
/** For all border pixels of a network together: the largest of larq's zoo has some millions, this many take a second. */
const MAX_BORDER_SUMS = 2 ** 28;

/** A network on its way from operators to nodes: the graph so far, and what each tensor became in it. */
export class Lowering {
  readonly g = new GraphBuilder();
  readonly #lowered = new Map<number, Lowered>();
  /** Nodes of what was waiting: only one, however often it is read. */
  readonly #made = new Map<Signs | Lowered, Value>();
  readonly #derived = new Map<string, unknown>();
  readonly #names = new Set<string>();
  #borderSums = 0;
  #joinedWeights = 0;

  constructor(readonly model: TfliteModel) {}

  /** Says what a tensor of the network is. */
  define(tensor: number, lowered: Lowered): void {
    this.#lowered.set(tensor, lowered);
  }

  lookUp(tensor: number): Lowered | undefined {
    return this.#lowered.get(tensor);
  }

  /** For each tensor that has a node of its own so far: its index. */
  nodeOf(): Map<number, number> {
    const nodes = new Map<number, number>();
    for (const [tensor, lowered] of this.#lowered) {
      const node =
        lowered.kind === 'map' ? lowered.value : this.#made.get(lowered.kind === 'signs' ? lowered.signs : lowered);
      if (node !== undefined) nodes.set(tensor, node);
    }
    return nodes;
  }

  /** The node that computes what was waiting to be read. */
  valueOf(lowered: Lowered): Value | undefined {
    if (lowered.kind === 'map') return lowered.value;
    if (lowered.kind === 'signs') return this.signNode(lowered.signs);
    if (lowered.kind !== 'scaled') return undefined;
    return this.#once(lowered, () => this.g.affine(lowered.source, lowered.factors));
  }

  /** The `sign` node of signs. */
  signNode(signs: Signs): Value {
    const { source, threshold } = signs;
    return this.#once(signs, () =>
      this.g.sign(source, { ...(threshold && { threshold }), zeroRule: 'plus', sourceZeroRule: 'plus' }),
    );
  }

  /** A name that no other node has, since reports tell layers apart by their names. */
  uniqueName(name: string, operator: number): string {
    const unique = this.#names.has(name) ? `${name} (operator ${operator})` : name;
    this.#names.add(unique);
    return unique;
  }

  /** Counts weights of convolutions that are joined. @returns whether they are still few enough. */
  countJoined(weights: number): boolean {
    this.#joinedWeights += weights;
    return this.#joinedWeights <= MAX_JOINED_WEIGHTS;
  }

  /** Counts weights that are added up for border pixels. @returns whether they are still few enough. */
  countBorderSums(sums: number): boolean {
    this.#borderSums += sums;
    return this.#borderSums <= MAX_BORDER_SUMS;
  }

  /** The floats of a constant. @throws {SignwaveError} `E_CHECKPOINT_TENSOR` for NaN or infinity. */
  floats(tensor: TfliteTensor): Float32Array {
    return this.derived(tensor, 'values', () => {
      const values = floatsOf(tensor.data ?? new Uint8Array(0));
      const odd = values.findIndex((value) => !Number.isFinite(value));
      if (odd < 0) return values;
      throw new SignwaveError(
        'E_CHECKPOINT_TENSOR',
        `${this.model.sourceName}: ${labelOf(tensor)} holds ${values[odd]} at element ${odd}, expected finite numbers. Was the training stable?`,
      );
    });
  }

  /** What is made of a constant: made and stored only once, though several operators use it. @param how says what. */
  derived<T>(tensor: TfliteTensor, how: string, make: () => T): T {
    const key = `${tensor.index} ${how}`;
    if (!this.#derived.has(key)) this.#derived.set(key, make());
    return this.#derived.get(key) as T;
  }

  #once(of: Signs | Lowered, make: () => Value): Value {
    const value = this.#made.get(of) ?? make();
    this.#made.set(of, value);
    return value;
  }
}

/** The shape of one sample, if a tensor is a map (1, H, W, C) or a vector (1, C) of a single one. */
export function mapShapeOf({ shape }: TfliteTensor): MapShape | undefined {
  const [batch, ...sides] = shape;
  if (batch !== 1) return undefined;
  const [height, width, channels] = sides.length === 1 ? [1, 1, sides[0]!] : sides.length === 3 ? sides : [];
  return channels === undefined ? undefined : { height: height!, width: width!, channels };
}

/** The elements of a float32 constant. */
export function floatsOf(data: Uint8Array): Float32Array {
  return tensorValues({ dtype: 'f32', shape: [1, 1, 1, data.length / Float32Array.BYTES_PER_ELEMENT], data });
}

/** How messages call a tensor. */
export function labelOf({ index, name }: TfliteTensor): string {
  return name === '' ? `tensor ${index}` : `tensor ${index} (${quote(name)})`;
}
