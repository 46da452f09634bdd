// A decoder of DEFLATE (RFC 1951) for what the package itself has packed: its kernels and its C. Nothing is checked, since nothing of it comes
// from elsewhere. It takes a fifth of the bytes of a library, which has to expect damage, and every page loads it.

/**
 * A canonical Huffman code, by what the next bits may be, as many as its longest word has: 16 times the symbol, plus the length of its word.
 */
type Code = Uint16Array;

/** In which order the lengths of the code come with which the other codes are written. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END = 256;
/** Of the symbols of lengths, this one stands for the longest match by itself. */
const LONGEST = 285;

/** @param base64 what was deflated. */
export function inflate(base64: string): Uint8Array<ArrayBuffer> {
  const packed = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const out: number[] = [];
  let at = 0;

  /** The next 16 bits; what lies behind the end counts as zeros. */
  const peek = (): number => {
    const byte = at >> 3;
    return ((packed[byte]! | (packed[byte + 1]! << 8) | (packed[byte + 2]! << 16)) >> (at & 7)) & 0xffff;
  };
  const bits = (count: number): number => {
    const value = peek() & ((1 << count) - 1);
    at += count;
    return value;
  };
  const symbolOf = (code: Code): number => {
    const found = code[peek() & (code.length - 1)]!;
    at += found & 15;
    return found >> 4;
  };
  /** A number whose steps double with every `perStep` symbols. */
  const stepped = (symbol: number, perStep: number): number => {
    const extra = Math.max(0, Math.floor(symbol / perStep) - 1);
    return (extra > 0 ? (perStep + (symbol % perStep)) << extra : symbol) + bits(extra);
  };
  const lengths = (count: number, code: Code): number[] => {
    const all: number[] = [];
    while (all.length < count) {
      const symbol = symbolOf(code);
      if (symbol < 16) all.push(symbol);
      else {
        const repeats = symbol === 16 ? 3 + bits(2) : symbol === 17 ? 3 + bits(3) : 11 + bits(7);
        all.push(...repeat(symbol === 16 ? all.at(-1)! : 0, repeats));
      }
    }
    return all;
  };

  for (let isLast = 0; !isLast; ) {
    isLast = bits(1);
    const kind = bits(2);
    if (kind === 0) {
      at = (at + 7) & ~7;
      const count = bits(16);
      at += 16;
      for (let i = 0; i < count; i++) out.push(bits(8));
      continue;
    }
    let [literals, distances] = [FIXED, repeat(5, 32)];
    if (kind === 2) {
      const [literalCount, distanceCount, orderCount] = [257 + bits(5), 1 + bits(5), 4 + bits(4)];
      const first = repeat(0, ORDER.length);
      for (const place of ORDER.slice(0, orderCount)) first[place] = bits(3);
      const all = lengths(literalCount + distanceCount, codeOf(first));
      [literals, distances] = [all.slice(0, literalCount), all.slice(literalCount)];
    }
    const [literalCode, distanceCode] = [codeOf(literals), codeOf(distances)];
    for (let symbol = symbolOf(literalCode); symbol !== END; symbol = symbolOf(literalCode)) {
      if (symbol < END) {
        out.push(symbol);
        continue;
      }
      const length = symbol === LONGEST ? 258 : stepped(symbol - END - 1, 4) + 3;
      const distance = stepped(symbolOf(distanceCode), 2) + 1;
      for (let i = 0; i < length; i++) out.push(out[out.length - distance]!);
    }
  }
  return Uint8Array.from(out);
}

const repeat = (value: number, count: number): number[] => new Array<number>(count).fill(value);

/** Lengths of the words of literals in blocks without codes of their own. */
const FIXED = [...repeat(8, 144), ...repeat(9, 112), ...repeat(7, 24), ...repeat(8, 8)];

/** @param lengths of each symbol's word; 0: it has none. */
function codeOf(lengths: readonly number[]): Code {
  const longest = Math.max(...lengths);
  const code = new Uint16Array(1 << longest);
  let word = 0;
  for (let length = 1; length <= longest; length++) {
    lengths.forEach((it, symbol) => {
      if (it !== length) return;
      // The bits of a word come with the highest first.
      let start = 0;
      for (let i = 0; i < length; i++) start |= ((word >> i) & 1) << (length - 1 - i);
      for (let next = start; next < code.length; next += 1 << length) code[next] = symbol * 16 + length;
      word++;
    });
    word <<= 1;
  }
  return code;
}
