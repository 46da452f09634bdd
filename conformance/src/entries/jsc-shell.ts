// Supplies what the runtime needs of the web, besides WebAssembly, and JavaScriptCore's shell lacks. It has to be imported first.
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map(Array.from(ALPHABET, (character, value) => [character, value]));

/** Decodes base64 (RFC 4648) without line breaks. */
globalThis.atob ??= (base64: string): string => {
  const pieces: string[] = [];
  for (let i = 0; i < base64.length; i += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((n) => VALUES.get(base64[i + n]!) ?? -1) as [number, number, number, number];
    pieces.push(String.fromCharCode((a << 2) | (b >> 4)));
    if (c >= 0) pieces.push(String.fromCharCode(((b & 15) << 4) | (c >> 2)));
    if (d >= 0) pieces.push(String.fromCharCode(((c & 3) << 6) | d));
  }
  return pieces.join('');
};

/** Decodes UTF-8 by `decodeURIComponent`; {@link Utf8Encoder} encodes it by `encodeURIComponent`. */
class Utf8Decoder {
  decode(bytes: Uint8Array): string {
    return decodeURIComponent(Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''));
  }
}

class Utf8Encoder {
  encode(text: string): Uint8Array {
    const escaped = encodeURIComponent(text).replace(/%([0-9A-F]{2})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    return Uint8Array.from(escaped, (character) => character.charCodeAt(0));
  }
}

Object.assign(globalThis, { TextDecoder: Utf8Decoder, TextEncoder: Utf8Encoder });
