import { f32Tensor } from '@signwave/format';
import { MessageWriter } from './protobuf.js';

// Field numbers and enum values are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).

const IR_VERSION = 8;
/** Version 13 is the last one of most operators used here, and older than any engine in use. */
const OPSET_VERSION = 13;
export const ELEMENT_FLOAT = 1;
const ELEMENT_INT64 = 7;
export const ELEMENT_DOUBLE = 11;
const ATTRIBUTE_INT = 2;
const ATTRIBUTE_INTS = 7;

/** A whole number or a list of them; the export needs no other kinds of attribute. */
export type Attributes = Readonly<Record<string, number | readonly number[]>>;

/** A side of an input or output: a number, or a name for one that is known when the model runs. */
export type Dimension = number | string;

/** Where a value stands in the ONNX graph: the name of a node's output, of an initializer or of the input. */
export type ValueName = string;

/** Stands for an operand that is left out. */
export const ABSENT: ValueName = '';

/** An ONNX graph under construction. Values are named after the scope they are made in. */
export class OnnxGraph {
  readonly #nodes: MessageWriter[] = [];
  readonly #initializers: MessageWriter[] = [];
  readonly #inputs: MessageWriter[] = [];
  readonly #outputs: MessageWriter[] = [];
  readonly #names = new Set<string>();
  readonly #scalars = new Map<number, ValueName>();
  #scope = '';

  /** Names everything that is added from now on `name/...`, with a number appended if that is taken. */
  enter(name: string): void {
    this.#scope = this.#unique(name);
  }

  input(name: string, dimensions: readonly Dimension[]): ValueName {
    this.#inputs.push(valueInfo(this.#unique(name), dimensions));
    return name;
  }

  /** Make `value` the graph's output under the name `name`. */
  output(name: string, value: ValueName, dimensions: readonly Dimension[]): void {
    this.#nodes.push(nodeProto('Identity', [value], this.#unique(name), {}));
    this.#outputs.push(valueInfo(name, dimensions));
  }

  /** @returns the node's only output. */
  node(operator: string, inputs: readonly ValueName[], attributes: Attributes = {}): ValueName {
    const name = this.#unique(`${this.#scope}/${operator}`);
    this.#nodes.push(nodeProto(operator, inputs, name, attributes));
    return name;
  }

  /** A float32 constant, row-major. */
  floats(name: string, dimensions: readonly number[], values: Float32Array): ValueName {
    const { data } = f32Tensor([1, 1, 1, values.length], values);
    return this.#initializer(`${this.#scope}/${name}`, ELEMENT_FLOAT, dimensions, data);
  }

  /** An int64 vector, as operators take sizes and axes. */
  ints(name: string, values: readonly number[]): ValueName {
    const data = new Uint8Array(values.length * 8);
    const view = new DataView(data.buffer);
    values.forEach((value, i) => {
      view.setBigInt64(i * 8, BigInt(value), true);
    });
    return this.#initializer(`${this.#scope}/${name}`, ELEMENT_INT64, [values.length], data);
  }

  /** A float32 constant without dimensions; all who ask for the same number share it. */
  scalar(value: number): ValueName {
    const known = this.#scalars.get(value);
    if (known !== undefined) return known;
    const { data } = f32Tensor([1, 1, 1, 1], Float32Array.of(value));
    const name = this.#initializer(`constant ${value}`, ELEMENT_FLOAT, [], data);
    this.#scalars.set(value, name);
    return name;
  }

  /**
   * @param name of the graph.
   * @param metadata free properties of the model.
   * @returns the bytes of an `.onnx` file.
   */
  encode(name: string, metadata: Readonly<Record<string, string>>): Uint8Array {
    const graph = new MessageWriter();
    for (const node of this.#nodes) graph.message(1, node);
    graph.string(2, name);
    for (const initializer of this.#initializers) graph.message(5, initializer);
    for (const input of this.#inputs) graph.message(11, input);
    for (const output of this.#outputs) graph.message(12, output);

    const model = new MessageWriter().int(1, IR_VERSION).string(2, 'signwave').message(7, graph);
    model.message(8, new MessageWriter().string(1, '').int(2, OPSET_VERSION));
    for (const [key, value] of Object.entries(metadata)) {
      model.message(14, new MessageWriter().string(1, key).string(2, value));
    }
    return model.finish();
  }

  #initializer(name: string, elementType: number, dimensions: readonly number[], data: Uint8Array): ValueName {
    const unique = this.#unique(name);
    const tensor = new MessageWriter();
    for (const side of dimensions) tensor.int(1, side);
    this.#initializers.push(tensor.int(2, elementType).string(8, unique).bytes(9, data));
    return unique;
  }

  #unique(name: string): string {
    let unique = name;
    for (let n = 2; this.#names.has(unique); n++) unique = `${name}_${n}`;
    this.#names.add(unique);
    return unique;
  }
}

function nodeProto(
  operator: string,
  inputs: readonly ValueName[],
  output: ValueName,
  attributes: Attributes,
): MessageWriter {
  const node = new MessageWriter();
  for (const input of inputs) node.string(1, input);
  node.string(2, output).string(3, output).string(4, operator);
  for (const [name, value] of Object.entries(attributes)) {
    const attribute = new MessageWriter().string(1, name);
    if (typeof value === 'number') attribute.int(3, value).int(20, ATTRIBUTE_INT);
    else {
      for (const v of value) attribute.int(8, v);
      attribute.int(20, ATTRIBUTE_INTS);
    }
    node.message(5, attribute);
  }
  return node;
}

function valueInfo(name: string, dimensions: readonly Dimension[]): MessageWriter {
  const shape = new MessageWriter();
  for (const side of dimensions) {
    const dimension = new MessageWriter();
    shape.message(1, typeof side === 'number' ? dimension.int(1, side) : dimension.string(2, side));
  }
  const tensor = new MessageWriter().int(1, ELEMENT_FLOAT).message(2, shape);
  return new MessageWriter().string(1, name).message(2, new MessageWriter().message(1, tensor));
}
