import { type GraphBuilder, SignwaveError, type Value } from '@signwave/format';
import { quote } from '../checkpoints/quote.js';
import { type Lowered, type Lowering, labelOf, mapShapeOf, type Signs } from './lowering.js';
import type { TfliteModel, TfliteOperator, TfliteTensor } from './read-tflite.js';

/** Channels in a word of packed signs. */
const WORD_CHANNELS = 32;

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

  /** @throws {SignwaveError} `E_CHECKPOINT_STRUCTURE` unless what was made of an operator's outputs has the shapes that the file says. */
  checkOutputs(): void {
    for (const index of this.operator.outputs) {
      const tensor = this.model.tensors[index]!;
      const lowered = this.lowering.lookUp(index);
      if (!lowered) this.damaged(`has the output ${labelOf(tensor)}, which it doesn't make`);
      if (lowered.kind === 'part' || lowered.kind === 'part of a convolution' || lowered.kind === 'padded') continue;
      const source =
        lowered.kind === 'map' ? lowered.value : lowered.kind === 'signs' ? lowered.signs.source : lowered.source;
      const made = this.g.shapeOf(source);
      const isPacked = tensor.type === 'int32';
      const expected = [made.height, made.width, isPacked ? Math.ceil(made.channels / WORD_CHANNELS) : made.channels];
      const found = mapShapeOf(tensor);
      if (!found || [found.height, found.width, found.channels].join() !== expected.join()) {
        this.damaged(
          `makes a map (${expected.join(', ')}), but ${labelOf(tensor)} has the shape (${tensor.shape.join(', ')})`,
        );
      }
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
