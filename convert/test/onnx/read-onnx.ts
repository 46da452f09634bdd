/** A field of a protobuf message: its number, and its value as a varint or as bytes. */
interface Field {
  readonly number: number;
  readonly value: number;
  readonly bytes: Uint8Array;
}

/** Just enough of a protobuf reader to look into an ONNX file. */
function fields(message: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
  };
  while (at < message.length) {
    const key = varint();
    const isBytes = (key & 7) === 2;
    const value = varint();
    const bytes = message.subarray(at, isBytes ? at + value : at);
    if (isBytes) at += value;
    found.push({ number: key >> 3, value, bytes });
  }
  return found;
}

function all(message: Uint8Array, number: number): Field[] {
  return fields(message).filter((field) => field.number === number);
}

function text(message: Uint8Array, number: number): string {
  const [field] = all(message, number);
  return new TextDecoder().decode(field?.bytes);
}

function dimensions(valueInfo: Uint8Array): (number | string)[] {
  const [type] = all(valueInfo, 2);
  const [tensor] = all(type!.bytes, 1);
  const [shape] = all(tensor!.bytes, 2);
  return all(shape!.bytes, 1).map(({ bytes }) =>
    fields(bytes)[0]!.number === 1 ? fields(bytes)[0]!.value : text(bytes, 2),
  );
}

/** What the tests ask about an ONNX file. */
export interface OnnxSummary {
  readonly operators: readonly string[];
  /** Names of all nodes' operands, in the order of `operators`. */
  readonly inputs: readonly (readonly string[])[];
  /** Names of all nodes' outputs, in the order of `operators`. */
  readonly outputs: readonly string[];
  readonly initializers: Readonly<Record<string, { readonly dimensions: number[]; readonly floats: number[] }>>;
  readonly inputDimensions: readonly (number | string)[];
  readonly outputDimensions: readonly (number | string)[];
  readonly opset: number;
}

export function readOnnx(onnx: Uint8Array): OnnxSummary {
  const [graph] = all(onnx, 7);
  const nodes = all(graph!.bytes, 1);
  const initializers = all(graph!.bytes, 5).map(({ bytes }) => {
    const [raw] = all(bytes, 9);
    const floats = Array.from(new Float32Array(raw!.bytes.slice().buffer));
    return [text(bytes, 8), { dimensions: all(bytes, 1).map(({ value }) => value), floats }] as const;
  });
  return {
    operators: nodes.map(({ bytes }) => text(bytes, 4)),
    inputs: nodes.map(({ bytes }) => all(bytes, 1).map((field) => new TextDecoder().decode(field.bytes))),
    outputs: nodes.map(({ bytes }) => text(bytes, 2)),
    initializers: Object.fromEntries(initializers),
    inputDimensions: dimensions(all(graph!.bytes, 11)[0]!.bytes),
    outputDimensions: dimensions(all(graph!.bytes, 12)[0]!.bytes),
    opset: all(all(onnx, 8)[0]!.bytes, 2)[0]!.value,
  };
}
