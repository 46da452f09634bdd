import { GraphBuilder, type MapShape, type Pads, SignwaveError, type Value } from '@signwave/format';
import { quote } from '../checkpoints/quote.js';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './read-tflite.js';

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

const OUTPUT_WORD_CHANNELS = 32;
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
      const { data = new Uint8Array(0) } = tensor;
      const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
      const values = Float32Array.from({ length: data.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
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

  /** @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` unless what was made of an operator's outputs has the shapes that the file says. */
  checkOutputs(step: Step): void {
    for (const index of step.operator.outputs) {
      const tensor = this.model.tensors[index]!;
      const lowered = this.#lowered.get(index);
      if (!lowered) step.damaged(`has the output ${labelOf(tensor)}, which it doesn't make`);
      if (lowered.kind === 'part' || lowered.kind === 'part of a convolution' || lowered.kind === 'padded') continue;
      const source =
        lowered.kind === 'map' ? lowered.value : lowered.kind === 'signs' ? lowered.signs.source : lowered.source;
      const made = this.g.shapeOf(source);
      const isPacked = tensor.type === 'int32';
      const expected = [
        made.height,
        made.width,
        isPacked ? Math.ceil(made.channels / OUTPUT_WORD_CHANNELS) : made.channels,
      ];
      const found = mapShapeOf(tensor);
      if (!found || [found.height, found.width, found.channels].join() !== expected.join()) {
        step.damaged(
          `makes a map (${expected.join(', ')}), but ${labelOf(tensor)} has the shape (${tensor.shape.join(', ')})`,
        );
      }
    }
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

/** How messages call a tensor. */
export function labelOf({ index, name }: TfliteTensor): string {
  return name === '' ? `tensor ${index}` : `tensor ${index} (${quote(name)})`;
}

/** One operator that is being lowered: its operands, and how it says what is wrong with it. */
export class Step {
  constructor(
    readonly lowering: Lowering,
    readonly operator: TfliteOperator,
  ) {}

  get g(): GraphBuilder {
    return this.lowering.g;
  }

  get model(): TfliteModel {
    return this.lowering.model;
  }

  /** What a convolution or a dense layer is called in the packed model, if it has a name. */
  get nodeName(): { readonly name?: string } {
    return this.name === undefined ? {} : { name: this.lowering.uniqueName(this.name, this.operator.index) };
  }

  /** The first output's name. */
  get name(): string | undefined {
    const name = this.model.tensors[this.operator.outputs[0]!]?.name;
    // Names may be long lists of fused operators; control characters can't be stored.
    return name === undefined || name === ''
      ? undefined
      : name
          .split(';')[0]!
          .replace(/\p{Cc}|\p{Cs}/gu, '?')
          .slice(0, 200);
  }

  /** The file can't be what a converter wrote. @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` */
  damaged(what: string): never {
    throw new SignwaveError(
      'E_CHECKPOINT_STRUCTURE',
      `${this.#label()} ${what}. The file is damaged, or a broken tool wrote it`,
    );
  }

  /** The operator has a meaning, but none in nodes. @throws {SignwaveError} `E_CHECKPOINT_ARCH` */
  refuse(what: string, advice = 'Change the Keras model there'): never {
    throw new SignwaveError('E_CHECKPOINT_ARCH', `${this.#label()} ${what}, which can't be converted. ${advice}`);
  }

  /** @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` if another operator made an output before, or it is a constant. */
  checkIsFirst(): void {
    for (const output of this.operator.outputs) {
      const tensor = this.model.tensors[output]!;
      if (tensor.data || this.lowering.lookUp(output))
        this.damaged(`writes ${labelOf(tensor)}, which has its numbers already`);
    }
  }

  /** The tensor of an operand; absent: the file leaves it out. */
  tensor(input: number): TfliteTensor | undefined {
    const index = this.operator.inputs[input] ?? -1;
    return index < 0 ? undefined : this.model.tensors[index]!;
  }

  isConstant(input: number): boolean {
    return this.tensor(input)?.data !== undefined;
  }

  /** What an operand became. */
  lowered(input: number): Lowered {
    const tensor = this.tensor(input) ?? this.damaged(`lacks operand ${input}`);
    if (tensor.data) this.refuse(`takes the constant ${labelOf(tensor)} as its map`);
    return (
      this.lowering.lookUp(tensor.index) ?? this.damaged(`reads ${labelOf(tensor)}, which no operator before it makes`)
    );
  }

  /** An operand of floats, as the value of a node. */
  map(input: number): Value {
    const lowered = this.lowered(input);
    const tensor = this.tensor(input)!;
    if (tensor.type !== 'float32')
      this.refuse(`reads ${labelOf(tensor)} of type ${tensor.type}, expected float32`, INT8_ADVICE);
    return this.lowering.valueOf(lowered) ?? this.refuse(`reads ${labelOf(tensor)}, ${WAITING[lowered.kind]}`);
  }

  /** An operand of packed signs. */
  signs(input: number): Signs {
    const lowered = this.lowered(input);
    const tensor = this.tensor(input)!;
    if (lowered.kind !== 'signs' || tensor.type !== 'int32') {
      this.refuse(
        `reads ${labelOf(tensor)} of type ${tensor.type}, expected packed signs`,
        'Files of Larq Compute Engine before 0.4 are of another kind: convert the Keras model again',
      );
    }
    return lowered.signs;
  }

  /** The numbers of a float32 constant. @param shape what its shape has to be; absent: any. */
  constant(input: number, shape?: readonly number[]): Float32Array {
    const tensor = this.tensor(input) ?? this.damaged(`lacks operand ${input}`);
    if (!tensor.data) this.refuse(`takes ${labelOf(tensor)}, which is computed, where only a constant can be`);
    if (tensor.type !== 'float32')
      this.refuse(`has ${labelOf(tensor)} of type ${tensor.type}, expected float32`, INT8_ADVICE);
    if (shape && tensor.shape.join() !== shape.join()) {
      this.refuse(`has ${labelOf(tensor)} of shape (${tensor.shape.join(', ')}), expected (${shape.join(', ')})`);
    }
    return this.lowering.floats(tensor);
  }

  /** The whole numbers of an int32 constant. */
  wholeNumbers(input: number): number[] {
    const tensor = this.tensor(input) ?? this.damaged(`lacks operand ${input}`);
    if (!tensor.data || tensor.type !== 'int32') {
      this.refuse(`takes ${labelOf(tensor)} of type ${tensor.type}, where only constant whole numbers can be`);
    }
    const { data } = tensor;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return Array.from({ length: data.length / 4 }, (_, i) => view.getInt32(i * 4, true));
  }

  /** A vector for `channels`: a constant with one number for each, or one for all. */
  perChannel(input: number, channels: number): Float32Array {
    const values = this.constant(input);
    const { shape } = this.tensor(input)!;
    const isVector = shape.slice(0, -1).every((side) => side === 1);
    if (values.length === 1) return new Float32Array(channels).fill(values[0]!);
    if (!isVector || values.length !== channels) {
      this.refuse(
        `has ${labelOf(this.tensor(input)!)} of shape (${shape.join(', ')}), expected one number or one for each of ${channels} channels`,
        'Let its scale or threshold have one value for each channel',
      );
    }
    return values;
  }

  /** Sets the first output. */
  result(lowered: Lowered): void {
    const [output] = this.operator.outputs;
    if (output === undefined) this.damaged('has no output');
    this.lowering.define(output, lowered);
  }

  resultMap(value: Value): void {
    this.result({ kind: 'map', value });
  }

  #label(): string {
    const { kind, index } = this.operator;
    return `${this.model.sourceName}: operator ${index} (${quote(kind).slice(1, -1)}${this.name === undefined ? '' : `, ${quote(this.name)}`})`;
  }
}

const INT8_ADVICE = 'Train and convert it without int8 quantization: only float32 and binary tensors are read';

const WAITING: Readonly<Record<Lowered['kind'], string>> = {
  map: '',
  signs: '',
  scaled: '',
  padded: 'a map with zeros around it, which only a convolution without padding of its own can take',
  part: 'a part of a map, of which only convolutions that are joined again can be made',
  'part of a convolution': 'one of several convolutions, which have to be joined by a concatenation of all of them',
};
