import { perSampleScaled } from '../../src/quantizers/activations/per-sample.js';
import type { ActivationQuantizer } from '../../src/quantizers/index.js';
import type { MakeActivationQuantizer } from '../../src/quantizers/types.js';
import type { Tensor, Tensor4D, Tf } from '../../src/types.js';

/**
 * A value that is too near a threshold for float32 to say on which side it lies: another order of summation may give the other side.
 */
export interface Doubtful {
  /**
   * Where: `s` and the number of a binary convolution, whose input's sign is in doubt, or `h` and the number of a hardtanh, whose gradient
   * is; then the index in (N, H, W, C), row-major. Numbers count from 0 in the order of the network.
   */
  readonly key: string;
  /** Distance from the threshold: the value itself for a sign, |value| - 1 for a hardtanh. */
  readonly distance: number;
}

/** Sides to take, by {@link Doubtful.key}: -1, 0 or 1, the sign of the distance. */
export type Sides = ReadonlyMap<string, number>;

/**
 * The authors' activation quantizer and hardtanh, told which side to take where a value is nearer to its threshold than `tolerance`; all
 * else is the back end's own. Values move by less than twice the tolerance.
 */
export class DoubtfulValues {
  /** Those of the last forward. */
  readonly found: Doubtful[] = [];
  /** To be given to the network: its `clipByValue` is that of the hardtanhs, and its `abs` that of their gradients, last one first. */
  readonly tf: Tf;
  /** By number of the hardtanh. */
  readonly #corrections = new Map<number, Tensor>();
  #sides: Sides = new Map();
  #signs = 0;
  #hardtanhs = 0;
  #gradients = 0;

  constructor(
    readonly rawTf: Tf,
    readonly tolerance: number,
  ) {
    const overrides: Partial<Tf> = {
      clipByValue: ((x: Tensor, low: number, high: number) => {
        // On wasm the weights' sign clips as well, infinities.
        if (x.rank === 4 && Number.isFinite(x.dataSync()[0])) {
          const number = this.#hardtanhs++;
          const added = this.#scan(x, `h${number}`, (value) => Math.abs(value) - 1);
          if (added) this.#corrections.set(number, added);
        }
        return rawTf.clipByValue(x, low, high);
      }) as Tf['clipByValue'],
      abs: ((x: Tensor) => {
        const added = this.#corrections.get(this.#hardtanhs - ++this.#gradients);
        return added ? rawTf.add(rawTf.abs(x), added) : rawTf.abs(x);
      }) as Tf['abs'],
    };
    this.tf = new Proxy(rawTf, {
      get: (target, key) => overrides[key as keyof Tf] ?? target[key as keyof Tf],
    });
  }

  /** To be called before each forward. */
  begin(sides: Sides): void {
    this.#sides = sides;
    this.#signs = 0;
    this.#hardtanhs = 0;
    this.#gradients = 0;
    this.found.length = 0;
    for (const tensor of this.#corrections.values()) tensor.dispose();
    this.#corrections.clear();
  }

  readonly quantizer: MakeActivationQuantizer = (_, options): ActivationQuantizer => {
    const quantize = perSampleScaled(this.rawTf, options);
    return (input, training) => {
      const added = this.#scan(input, `s${this.#signs++}`, (value) => value);
      if (!added) return quantize(input, training);
      const moved = this.rawTf.add(input, added) as Tensor4D;
      added.dispose();
      return quantize(moved, training);
    };
  };

  /** Note what is in doubt; return what has to be added to the distances to take the sides asked for, a kept tensor. */
  #scan(x: Tensor, place: string, distanceOf: (value: number) => number): Tensor | undefined {
    const values = x.dataSync();
    let added: Float32Array | undefined;
    for (let index = 0; index < values.length; index++) {
      const distance = distanceOf(values[index]!);
      if (Math.abs(distance) >= this.tolerance) continue;
      const key = `${place}:${index}`;
      this.found.push({ key, distance });
      const side = this.#sides.get(key);
      if (side === undefined || side === Math.sign(distance)) continue;
      added ??= new Float32Array(values.length);
      added[index] = side * this.tolerance - distance;
    }
    return added && this.rawTf.keep(this.rawTf.tensor(added, x.shape));
  }
}
