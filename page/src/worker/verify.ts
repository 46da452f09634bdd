import { readModel } from '@signwave/format';
import { randomInput, Verification } from '@signwave/lab';
import { load } from '@signwave/runtime';
import type { Switches, Verdict } from './protocol.js';

/** Compares every bit that a binary layer reads, and every output, with the plain reference, for one input. */
export async function verifyModel(bytes: Uint8Array, switches: Switches): Promise<Verdict> {
  const model = await load(bytes, switches);
  const verification = new Verification(readModel(bytes), { page: model });
  verification.check(randomInput(model.input, 1));
  model.dispose();
  const { layers, isExact } = verification;
  return {
    layers: layers.length,
    bits: layers.reduce((sum, layer) => sum + layer.bits, 0),
    differingBits: layers.reduce((sum, layer) => sum + layer.differing.page!, 0),
    isExact,
  };
}
