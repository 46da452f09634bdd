/** Changes a file in place, or gives another; `random(n)` is a whole number below n. */
export type Mutation = (file: Uint8Array, random: (n: number) => number) => Uint8Array;

export const flippedBit: Mutation = (file, random) => {
  file[random(file.length)]! ^= 1 << random(8);
  return file;
};

/** @param most bytes. */
export function randomBytes(most: number): Mutation {
  return (file, random) => {
    const at = random(file.length - most);
    for (let i = 0, count = 1 + random(most); i < count; i++) file[at + i] = random(256);
    return file;
  };
}

/** @param most bytes. */
export function copiedRange(most: number): Mutation {
  return (file, random) => {
    const length = 1 + random(most);
    const from = random(file.length - length);
    file.copyWithin(random(file.length - length), from, from + length);
    return file;
  };
}

export const cutEnd: Mutation = (file, random) => file.subarray(0, random(file.length));
