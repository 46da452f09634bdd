/**
 * Makes a failing file smaller and plainer while it fails: cuts its end off, takes pieces out, zeroes pieces, in halves, quarters and so on.
 *
 * @param fails whether a file still fails in the same way. @param tries how often it may be asked.
 */
export async function minimise(
  file: Uint8Array,
  fails: (file: Uint8Array) => Promise<boolean>,
  tries: number,
): Promise<Uint8Array> {
  let smallest = file;
  let left = tries;
  const attempt = async (candidate: Uint8Array): Promise<boolean> => {
    if (left-- <= 0 || !(await fails(candidate))) return false;
    smallest = candidate;
    return true;
  };
  for (let length = file.length >> 1; length > 0 && left > 0; length >>= 1) {
    while (smallest.length > length && (await attempt(smallest.slice(0, smallest.length - length)))) {}
    for (let at = 0; at < smallest.length && left > 0; at += length) {
      if (await attempt(without(smallest, at, length))) at -= length;
      else if (smallest.subarray(at, at + length).some((byte) => byte !== 0))
        await attempt(zeroed(smallest, at, length));
    }
  }
  return smallest;
}

function without(file: Uint8Array, at: number, length: number): Uint8Array {
  const shorter = new Uint8Array(Math.max(at, file.length - length));
  shorter.set(file.subarray(0, at));
  shorter.set(file.subarray(at + length), at);
  return shorter;
}

function zeroed(file: Uint8Array, at: number, length: number): Uint8Array {
  return file.slice().fill(0, at, at + length);
}
