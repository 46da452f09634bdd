import { copiedRange, cutEnd, flippedBit, type Mutation, randomBytes } from '../../../test/fuzz/mutations.js';

/** What is done to a `.tflite`: a FlatBuffer, in which numbers of 16 and 32 bits are offsets and lengths. */
export const TFLITE_MUTATIONS: Readonly<Record<string, Mutation>> = {
  'a flipped bit': flippedBit,
  'some random bytes': randomBytes(16),
  'an extreme 32-bit value': (file, below) => {
    const value = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffff0, file.length][below(7)]!;
    new DataView(file.buffer).setUint32(4 * below(file.length / 4), value, true);
    return file;
  },
  'an extreme 16-bit value': (file, below) => {
    new DataView(file.buffer).setUint16(2 * below(file.length / 2), [0, 4, 0x7fff, 0xffff][below(4)]!, true);
    return file;
  },
  'an offset to somewhere else': (file, below) => {
    new DataView(file.buffer).setUint32(4 * below(file.length / 4), below(file.length), true);
    return file;
  },
  'a range copied elsewhere': copiedRange(256),
  'a cut end': cutEnd,
};
