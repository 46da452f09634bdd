import { perSampleScaled } from '../../src/quantizers/per-sample.js';
import { sign } from '../../src/quantizers/sign.js';
import type { ActivationQuantizer, MakeActivationQuantizer } from '../../src/quantizers/types.js';
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

type Place = 's' | 'h';
type CustomGrad = Parameters<Tf['customGrad']>[0];

/**
 * The authors' activation quantizer and hardtanh, told which side to take where a value is nearer to its threshold than `tolerance`; all
 * else is the back end's own. Such values move by less than twice the tolerance. Nothing is read from the back end while the network runs.
 */
export class DoubtfulValues {
  /** To be given to the network: its `customGrad` knows the hardtanhs. */
  readonly tf: Tf;
  /** Inputs of the last forward's thresholds, if it was observed. */
  readonly #inputs: { readonly place: string; readonly input: Tensor }[] = [];
  #sides: Sides = new Map();
  #signs = 0;
  #hardtanhs = 0;

  /** @param isObserved whether {@link found} will be asked for; it costs a copy of every input. */
  constructor(
    readonly rawTf: Tf,
    readonly tolerance: number,
    readonly isObserved = false,
  ) {
    const customGrad = ((operation: CustomGrad) => {
      const plain = rawTf.customGrad(operation);
      // Of all operations with a gradient of their own only hardtanh and hardtanhOfSum have nothing but maps for inputs: filters are (O, I, 3, 3).
      return (...inputs: Tensor[]) => {
        const areMaps = inputs.every(({ rank, shape }) => rank === 4 && shape[1] === shape[2]);
        return areMaps ? this.#hardtanh(operation, inputs) : plain(...inputs);
      };
    }) as Tf['customGrad'];
    this.tf = new Proxy(rawTf, {
      get: (target, key) => (key === 'customGrad' ? customGrad : target[key as keyof Tf]),
    });
  }

  /** To be called before each forward. */
  begin(sides: Sides): void {
    this.#sides = sides;
    this.#signs = 0;
    this.#hardtanhs = 0;
    this.rawTf.dispose(this.#inputs.map(({ input }) => input));
    this.#inputs.length = 0;
  }

  /** Everything that was in doubt in the last forward. */
  async found(): Promise<Doubtful[]> {
    const found: Doubtful[] = [];
    for (const { place, input } of this.#inputs) {
      const isSign = place.startsWith('s');
      for (const [index, value] of (await input.data()).entries()) {
        const distance = isSign ? value : Math.abs(value) - 1;
        if (Math.abs(distance) < this.tolerance) found.push({ key: `${place}:${index}`, distance });
      }
    }
    return found;
  }

  readonly quantizer: MakeActivationQuantizer = (): ActivationQuantizer => {
    const quantize = perSampleScaled(this.rawTf);
    return (input, training) => quantize(this.#decided(input, 's', this.#signs++), training);
  };

  /** The forward at the sum of the inputs, one or two; the gradient at that sum as decided. */
  #hardtanh(operation: CustomGrad, maps: readonly Tensor[]): Tensor {
    const number = this.#hardtanhs++;
    const { rawTf } = this;
    return rawTf.customGrad((...args) => {
      const save = args.at(-1) as (tensors: Tensor[]) => void;
      const inputs = args.slice(0, -1) as Tensor[];
      const { value } = operation(...inputs, () => {});
      const decided = this.#decided(inputs.reduce((sum, input) => rawTf.add(sum, input)) as Tensor4D, 'h', number);
      let kept: Tensor[] = [];
      const { gradFunc } = operation(decided, ...inputs.slice(1).map((it) => rawTf.zerosLike(it)), (tensors) => {
        kept = tensors as unknown as Tensor[];
      });
      save(kept);
      return { value, gradFunc: (dy: Tensor, saved: Tensor[]) => gradFunc(dy, saved) };
    })(...maps);
  }

  /** `x` with the values in doubt moved to the sides asked for; its gradient is that of x. */
  #decided(x: Tensor4D, place: Place, number: number): Tensor4D {
    const { rawTf: tf, tolerance } = this;
    if (this.isObserved) this.#inputs.push({ place: place + number, input: tf.keep(tf.clone(x)) });
    const prefix = `${place}${number}:`;
    const asked = [...this.#sides].filter(([key]) => key.startsWith(prefix));
    if (asked.length === 0) return x;
    const mask = new Float32Array(x.size);
    const sides = new Float32Array(x.size);
    for (const [key, side] of asked) {
      const index = Number(key.slice(prefix.length));
      mask[index] = 1;
      sides[index] = side;
    }
    const moved = (input: Tensor): Tensor => {
      const wanted = tf.tensor(sides, x.shape);
      const distance = place === 's' ? input : tf.sub(tf.abs(input), 1);
      const isInDoubt = tf.logicalAnd(tf.tensor(mask, x.shape, 'bool'), tf.less(tf.abs(distance), tolerance));
      const isElsewhere = tf.cast(tf.logicalAnd(isInDoubt, tf.notEqual(sign(tf, distance), wanted)), 'float32');
      const offset = tf.mul(wanted, tolerance);
      const there = place === 's' ? offset : tf.mul(tf.add(offset, 1), tf.sign(input));
      return tf.add(tf.mul(input, tf.sub(1, isElsewhere)), tf.mul(there, isElsewhere));
    };
    return tf.customGrad((input) => ({ value: moved(input as Tensor), gradFunc: (dy: Tensor) => dy.clone() }))(
      x,
    ) as Tensor4D;
  }
}
