// The wire format of Protocol Buffers, as far as an ONNX file needs it: varints, 32-bit floats, fields with a length.
//
//   field = varint(number * 8 + wire type), value
//   wire type 0: varint, 7 bits a byte, least significant first, the top bit says that more follow
//             2: varint length in bytes, then that many bytes (strings, messages, bytes)
//             5: 4 bytes, little-endian

const WIRE_VARINT = 0;
const WIRE_BYTES = 2;
const WIRE_32_BITS = 5;

const text = new TextEncoder();

/** Writes one message, field after field. */
export class MessageWriter {
  readonly #parts: Uint8Array[] = [];

  /** A whole number; negative ones take 64 bits in two's complement (`int32`, `int64`, enums). */
  int(field: number, value: number | bigint): this {
    this.#varint(BigInt(field * 8 + WIRE_VARINT));
    return this.#varint(BigInt.asUintN(64, BigInt(value)));
  }

  float(field: number, value: number): this {
    this.#varint(BigInt(field * 8 + WIRE_32_BITS));
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#push(bytes);
  }

  /** Bytes are copied only by {@link finish}, so don't change them before. */
  bytes(field: number, value: Uint8Array): this {
    this.#varint(BigInt(field * 8 + WIRE_BYTES));
    this.#varint(BigInt(value.length));
    return this.#push(value);
  }

  string(field: number, value: string): this {
    return this.bytes(field, text.encode(value));
  }

  message(field: number, value: MessageWriter): this {
    return this.bytes(field, value.finish());
  }

  /** @returns the message without a length before it. */
  finish(): Uint8Array {
    const message = new Uint8Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      message.set(part, at);
      at += part.length;
    }
    return message;
  }

  #varint(value: bigint): this {
    const bytes: number[] = [];
    let rest = value;
    while (rest > 127n) {
      bytes.push(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    bytes.push(Number(rest));
    return this.#push(Uint8Array.from(bytes));
  }

  #push(part: Uint8Array): this {
    this.#parts.push(part);
    return this;
  }
}
