import type { BinaryLayer, Tf } from '../types.js';

/** Shares of binary weights whose sign has changed, 0 to 1. */
export interface Flips {
  /** Of all binary weights. */
  readonly all: number;
  readonly byLayer: ReadonlyMap<string, number>;
}

/**
 * Compares the signs of binary weights with those at an earlier time: larq's `FlipRatio`, over epochs rather than steps. A network with few
 * flips has settled, and one with many is far from it, whatever the loss says.
 */
export class FlipCounter {
  #before: ReadonlyMap<string, Uint8Array> | undefined;

  constructor(
    private readonly tf: Tf,
    private readonly layers: readonly BinaryLayer[],
  ) {}

  /** Keeps the present signs, without counting. */
  async start(): Promise<void> {
    this.#before = await this.#signs();
  }

  /** @returns what changed since the last call of either; undefined if there was none, or without binary layers. Keeps the present signs. */
  async count(): Promise<Flips | undefined> {
    const before = this.#before;
    const signs = await this.#signs();
    this.#before = signs;
    if (!before || signs.size === 0) return undefined;
    let [allFlipped, allWeights] = [0, 0];
    const byLayer = new Map<string, number>();
    for (const [name, now] of signs) {
      const was = before.get(name)!;
      const flipped = now.reduce((flips, sign, i) => flips + Number(sign !== was[i]), 0);
      byLayer.set(name, flipped / now.length);
      allFlipped += flipped;
      allWeights += now.length;
    }
    return { all: allFlipped / allWeights, byLayer };
  }

  /** What each layer computes with, as 1 where it is above 0: some methods turn or wave latent weights, whose own signs say nothing. */
  async #signs(): Promise<ReadonlyMap<string, Uint8Array>> {
    const signs = new Map<string, Uint8Array>();
    for (const { name, quantized } of this.layers) {
      // A clone, since quantized weights may be the latent ones themselves, which stay.
      const values = this.tf.tidy(() => this.tf.clone(quantized()));
      const data = (await values.data()) as Float32Array;
      values.dispose();
      signs.set(
        name,
        Uint8Array.from(data, (value) => Number(value > 0)),
      );
    }
    return signs;
  }
}
