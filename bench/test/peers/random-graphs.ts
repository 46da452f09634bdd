import { type Graph, GraphBuilder, type MapShape, type Operation, type Value } from '@signwave/format';
import { BY_ROW, bits, drawByRow, drawScale, randomSigns, tensor } from '../../../reference/test/graphs.js';
import { seededRandom } from '../../../test/seeded-random.js';

/**
 * `exact`: every value is a multiple of a small power of two, so that no engine rounds and all results must be equal;
 * `float`: anything, but a `sign` only of the input, because a rounding before a sign may change its bit.
 */
export type Domain = 'exact' | 'float';

const MAX_SIDE = 9;

/** A graph of random operations and one input for it; the same for the same seed. */
export class RandomGraph {
  readonly graph: Graph;
  readonly shape: MapShape;
  /** (height, width, channels). */
  readonly input: Float32Array;
  readonly #next: () => number;
  readonly #domain: Domain;
  readonly #g = new GraphBuilder();

  constructor(seed: number, domain: Domain) {
    this.#next = seededRandom(seed);
    this.#domain = domain;
    this.shape = { height: this.#int(1, MAX_SIDE), width: this.#int(1, MAX_SIDE), channels: this.#int(1, 9) };
    const { height, width, channels } = this.shape;
    this.input = this.#numbers(height * width * channels, 4);
    const input = this.#g.input(this.shape);
    let x: Value = input;
    if (this.#next() < 0.5) x = this.#g.concat(input, this.#sign(input));
    const steps = this.#int(3, 8);
    for (let i = 0; i < steps; i++) x = this.#bounded(this.#step(x));
    x = this.#head(x);
    this.graph = this.#g.build();
  }

  /** Operations that the graph has. */
  get operations(): readonly Operation[] {
    return this.graph.nodes.map((node) => node.op);
  }

  #step(x: Value): Value {
    const g = this.#g;
    const shape = g.shapeOf(x);
    const { channels } = shape;
    const steps: (() => Value)[] = [
      () => this.#conv(x, shape),
      () => this.#conv(x, shape),
      () => g.affine(x, this.#numbers(channels, 2), this.#numbers(channels, 4)),
      () => g.prelu(x, this.#numbers(channels, 2), this.#next() < 0.5 ? undefined : this.#numbers(channels, 2)),
      () => this.#borderBias(x, shape),
      () => g.add(x, g.affine(x, this.#numbers(channels, 2))),
      () => this.#pool('maxPool', x, shape),
      () => this.#pool('avgPool', x, shape),
      () => g.padChannels(x, this.#int(0, 2), this.#int(0, 2)),
      () => this.#slice(x, shape),
      () => g.concat(x, g.clip(x, -1, 2), x),
    ];
    if (this.#domain === 'exact') steps.push(() => this.#sign(x));
    else {
      const numbers = (count: number): Float32Array => this.#numbers(count, 1);
      steps.push(() => drawScale(g, x, numbers), ...BY_ROW.map((op) => () => drawByRow(g, op, x, numbers)));
    }
    return steps[this.#int(0, steps.length - 1)]!();
  }

  /** Keep values and channels small, so that `exact` stays exact and `float` near 1. */
  #bounded(x: Value): Value {
    const { channels } = this.#g.shapeOf(x);
    const narrow = channels > 24 ? this.#g.conv(x, this.#weights([5, 1, 1, channels])) : x;
    const clipped = this.#g.clip(narrow, -8, 8);
    return this.#next() < 0.3 ? this.#g.relu(clipped) : clipped;
  }

  #head(x: Value): Value {
    const g = this.#g;
    const choice = this.#next();
    if (choice < 0.3) return x;
    const vector = choice < 0.6 && this.#domain === 'float' ? g.globalAvgPool(x) : g.flatten(x);
    const logits = g.linear(vector, this.#weights([7, 1, 1, g.shapeOf(vector).channels]));
    if (this.#domain === 'exact') return logits;
    return g.softmax(g.affine(logits, new Float32Array(7).fill(0.1)), { log: this.#next() < 0.5 });
  }

  #sign(x: Value): Value {
    const { channels } = this.#g.shapeOf(x);
    const zeroRule = (['plus', 'minus', 'zero'] as const)[this.#int(0, 2)]!;
    const threshold = this.#numbers(channels, 2);
    return this.#g.sign(x, { zeroRule, ...(this.#next() < 0.5 && { threshold }) });
  }

  #conv(x: Value, { height, width, channels }: MapShape): Value {
    const groups = [1, 2, 4].filter((n) => channels % n === 0).at(-1 - this.#int(0, 1)) ?? 1;
    const size = { height: [1, 3, 5][this.#int(0, 2)]!, width: [1, 2, 3, 5][this.#int(0, 3)]! };
    const dilation = { height: this.#int(1, 2), width: this.#int(1, 2) };
    // Pads that leave at least one place for the dilated filter.
    const pads = (side: number, reach: number): [number, number] => {
      const before = this.#int(0, 2);
      return [before, Math.max(this.#int(0, 2), reach + 1 - side - before)];
    };
    const [top, bottom] = pads(height, (size.height - 1) * dilation.height);
    const [left, right] = pads(width, (size.width - 1) * dilation.width);
    return this.#g.conv(x, this.#weights([groups * this.#int(1, 4), size.height, size.width, channels / groups]), {
      groups,
      dilation,
      stride: { height: this.#int(1, 3), width: this.#int(1, 2) },
      pad: { top, left, bottom, right },
    });
  }

  #pool(op: 'maxPool' | 'avgPool', x: Value, { height, width }: MapShape): Value {
    // Halves and quarters keep an average exact.
    if (op === 'avgPool' && this.#domain === 'exact') {
      if (height < 2 || width < 2) return x;
      return this.#g.avgPool(x, 2, { pad: this.#int(0, 1), stride: this.#int(1, 3), countPads: true });
    }
    const window = { height: this.#int(1, Math.min(4, height)), width: this.#int(1, Math.min(4, width)) };
    const pad = (size: number): number => this.#int(0, Math.floor(size / 2));
    return this.#g[op](x, window, {
      stride: { height: this.#int(1, 3), width: this.#int(1, 3) },
      pad: { top: pad(window.height), left: pad(window.width), bottom: pad(window.height), right: pad(window.width) },
      ceilMode: this.#next() < 0.5,
      countPads: op === 'avgPool' && this.#next() < 0.5,
    });
  }

  #borderBias(x: Value, { height, width, channels }: MapShape): Value {
    const rows = this.#int(1, Math.min(4, height));
    const columns = this.#int(1, Math.min(4, width));
    const bias = tensor([1, rows, columns, channels], this.#numbers(rows * columns * channels, 4));
    return this.#g.borderBias(x, bias, this.#int(0, rows - 1), this.#int(0, columns - 1));
  }

  #slice(x: Value, { height, width }: MapShape): Value {
    const start = { height: this.#int(0, Math.min(1, height - 1)), width: this.#int(0, Math.min(1, width - 1)) };
    return this.#g.sliceSpatial(x, { height: this.#int(1, 3), width: this.#int(1, 2) }, start);
  }

  #weights(shape: readonly [number, number, number, number]) {
    const count = shape.reduce((product, side) => product * side, 1);
    if (this.#next() < 0.5) return bits(shape, randomSigns(count, this.#next));
    return tensor(shape, this.#numbers(count, 1));
  }

  /** Numbers from -limit to limit; whole ones in the exact domain. */
  #numbers(count: number, limit: number): Float32Array {
    const number = (): number => (this.#next() * 2 - 1) * limit;
    return Float32Array.from({ length: count }, this.#domain === 'exact' ? () => Math.round(number()) : number);
  }

  #int(least: number, most: number): number {
    return least + Math.floor(this.#next() * (most - least + 1));
  }
}
