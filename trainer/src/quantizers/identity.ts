import type { MakeActivationQuantizer } from './types.js';

/** Leaves activations as 32-bit floats, for 1W/32A. */
export const identity: MakeActivationQuantizer = () => (a) => a;
