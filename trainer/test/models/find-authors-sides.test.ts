import { describe, test } from 'vitest';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { crossEntropy, labelTargets } from '../../src/layers/losses.js';
import type { Stage, Tensor2D, Tf, Variable } from '../../src/types.js';
import { AuthorsRun } from './authors-run.js';
import { AUTHORS_STEPS, type NpzArray, readNpz, relativeError } from './authors-steps.js';
import { type Doubtful, DoubtfulValues, type Sides } from './doubtful-values.js';

// Finds the table of authors-sides.ts: FIND_SIDES=1 npx vitest run trainer/test/models/find-authors-sides.test.ts

const TOLERANCE = 1e-5;
/**
 * Steps that can be settled. In stage 1 the gradient's float32 noise (1e-5 of gradients up to 13) times the learning rate and omega0 shifts
 * the waves of the next step by so much that dozens of signs are in doubt, in no order; in stage 2 the signs of the waves absorb it. So
 * step 2 of stage 1 starts from the authors' gradients of step 1; those of step 2, which step 3 would need, are not stored.
 */
const STEPS = { 1: 2, 2: 3 } as const;
/** Values that the search may move to the other side: those of step 1 come from equal parameters. */
const SIGN_DOUBT = { 1: 2.5e-6, 2: 6e-6, 3: 6e-6 } as const;
const WINDOW_DOUBT = { 1: 2e-6, 2: 6e-7, 3: 2e-6 } as const;
/** Below this the authors' value may have been exactly 0, whose sign is 0. */
const PERHAPS_ZERO = 4e-7;
const LOGITS_MATCH = 1e-5;
const LOSS_MATCH = 6e-7;
const MAX_FORWARDS = { 1: 2000, 2: 2000, 3: 400 } as const;
const MAX_WINDOW_SETS = 32;

type Step = 1 | 2 | 3;
type Arrays = ReadonlyMap<string, NpzArray>;

const isSign = ({ key }: Doubtful): boolean => key.startsWith('s');
const layerOf = (key: string): number => Number(key.slice(1, key.indexOf(':')));
const indexOf = (key: string): number => Number(key.slice(key.indexOf(':') + 1));
const isBehind = (a: string, b: string): boolean =>
  layerOf(a) > layerOf(b) || (layerOf(a) === layerOf(b) && indexOf(a) > indexOf(b));

class Search {
  readonly #tf: Tf;
  readonly #doubtful: DoubtfulValues;
  readonly #run: AuthorsRun;
  readonly #arrays: Arrays;
  readonly #stage: Stage;

  constructor(tf: Tf, arrays: Arrays, stage: Stage) {
    this.#tf = tf;
    this.#arrays = arrays;
    this.#stage = stage;
    this.#doubtful = new DoubtfulValues(tf, TOLERANCE, true);
    this.#run = new AuthorsRun({ tf }, arrays, stage, this.#doubtful);
  }

  /** Sides of this step and those after it that lead to the authors' numbers; undefined if there are none. */
  async solve(step: Step): Promise<Sides[] | undefined> {
    if (step === 2 && this.#stage === '1') this.#run.takeAuthorsFirstStep();
    const signs = await this.#findSigns(step);
    if (signs === undefined) return undefined;
    if (step === 2 && this.#stage === '1') return [await this.#complete(signs)];
    const before = await this.#save();
    if (step !== 2) {
      const { sides, error } = await this.#descendWindows(step, signs, before);
      console.log(`stage ${this.#stage} step ${step}: error ${error}`);
      this.#restore(before);
      await this.#run.step(sides);
      const complete = await this.#complete(sides);
      if (step === 3 && error > 1e-3) return undefined;
      if (step === STEPS[this.#stage]) return [complete];
      const rest = await this.solve(2);
      return rest && [complete, ...rest];
    }
    for (const windows of await this.#windowSets()) {
      this.#restore(before);
      const sides = new Map([...signs, ...windows]);
      await this.#run.step(sides);
      const complete = await this.#complete(sides);
      console.log(`stage ${this.#stage} step 2: windows ${JSON.stringify([...windows])}`);
      const rest = await this.solve(3);
      if (rest) return [complete, ...rest];
    }
    return undefined;
  }

  /** Nearest first, each candidate one flip more than the one it came from, the flip behind the last. */
  async #findSigns(step: Step): Promise<Sides | undefined> {
    const queue = [{ flips: new Map<string, number>() as Sides, last: 's-1:-1', cost: 0 }];
    let closest = Number.POSITIVE_INFINITY;
    for (let forwards = 0; forwards < MAX_FORWARDS[step] && queue.length > 0; forwards++) {
      queue.sort((a, b) => a.cost - b.cost);
      const { flips, last, cost } = queue.shift()!;
      const error = await this.#forwardError(step, flips);
      if (error < closest) {
        closest = error;
        console.log(
          `stage ${this.#stage} step ${step}: forward ${forwards} is off by ${error}: ${JSON.stringify([...flips])}`,
        );
      }
      if (error < (step === 1 ? LOGITS_MATCH : LOSS_MATCH)) {
        console.log(`stage ${this.#stage} step ${step}: flipped ${JSON.stringify([...flips])}`);
        return flips;
      }
      for (const { key, distance } of (await this.#doubtful.found()).filter(isSign)) {
        if (Math.abs(distance) > SIGN_DOUBT[step] || !isBehind(key, last)) continue;
        for (const side of Math.abs(distance) < PERHAPS_ZERO ? [-1, 0, 1] : [-Math.sign(distance)]) {
          if (side === Math.sign(distance)) continue;
          // Rounding errors of layers add up: this orders by likelihood.
          const total = cost + distance ** 2 / (layerOf(key) + 1);
          queue.push({ flips: new Map([...flips, [key, side]]), last: key, cost: total });
        }
      }
    }
    return undefined;
  }

  async #forwardError(step: Step, sides: Sides): Promise<number> {
    const { network, images, labels } = this.#run;
    const tf = this.#tf;
    const prefix = `stage${this.#stage}/step${step}`;
    this.#doubtful.begin(sides);
    const logits = tf.tidy(() => network.forward(images, true));
    const authors = this.#arrays.get(`${prefix}/logits`);
    try {
      if (authors) return relativeError(await logits.data(), authors.data);
      const loss = tf.tidy(() => crossEntropy(tf, logits as Tensor2D, labelTargets(tf, labels, 10, 0)));
      const [value] = await loss.data();
      loss.dispose();
      return Math.abs(value! - this.#arrays.get(`${prefix}/ce`)!.data[0]!);
    } finally {
      logits.dispose();
    }
  }

  /** One window after the other, last layer first: keep a flip that brings the step nearer to the authors'. */
  async #descendWindows(
    step: 1 | 3,
    signs: Sides,
    before: readonly Float32Array[],
  ): Promise<{ sides: Sides; error: number }> {
    let sides = signs;
    let error = await this.#stepError(step, sides, before);
    const windows = await this.#windows(step);
    for (const { key, distance } of windows.reverse()) {
      const flipped = new Map([...sides, [key, distance < 0 ? 1 : -1]]);
      const next = await this.#stepError(step, flipped, before);
      console.log(`stage ${this.#stage} step ${step}: ${key} (${distance}) ${error} -> ${next}`);
      if (next < error) [sides, error] = [flipped, next];
    }
    return { sides, error };
  }

  /** Of step 1's gradients, or of the parameters after step 3. */
  async #stepError(step: 1 | 3, sides: Sides, before: readonly Float32Array[]): Promise<number> {
    const { network } = this.#run;
    let values: Float32Array[];
    if (step === 1) {
      values = await this.#run.tryStep(sides);
    } else {
      this.#restore(before);
      await this.#run.step(sides);
      values = await Promise.all(network.parameters.map(({ variable }) => variable.data() as Promise<Float32Array>));
    }
    const prefix = step === 1 ? `stage${this.#stage}/step1/grad` : `stage${this.#stage}/after3`;
    const errors = network.parameters.map(({ name }, i) =>
      step === 1 && name.endsWith('.alpha')
        ? 0
        : relativeError(values[i]!, this.#arrays.get(`${prefix}/${name}`)!.data),
    );
    return Math.max(...errors);
  }

  /** Those at exactly 1 stay: that happens where a shortcut of 1 meets a channel that its batch norm leaves at 0. */
  async #windows(step: Step): Promise<Doubtful[]> {
    return (await this.#doubtful.found()).filter(
      (it) => !isSign(it) && it.distance !== 0 && Math.abs(it.distance) < WINDOW_DOUBT[step],
    );
  }

  /** Subsets of the windows in doubt, likeliest first. */
  async #windowSets(): Promise<Sides[]> {
    const near = (await this.#windows(2)).sort((a, b) => Math.abs(a.distance) - Math.abs(b.distance)).slice(0, 8);
    const sets = Array.from({ length: 2 ** near.length }, (_, mask) => {
      const flipped = near.filter((_, i) => (mask >> i) & 1);
      const cost = flipped.reduce((sum, { distance }) => sum + distance ** 2, 0);
      return { sides: new Map(flipped.map(({ key, distance }) => [key, distance < 0 ? 1 : -1] as const)), cost };
    });
    return sets
      .sort((a, b) => a.cost - b.cost)
      .slice(0, MAX_WINDOW_SETS)
      .map(({ sides }) => sides);
  }

  /** The sides of everything that was in doubt in the last forward. */
  async #complete(sides: Sides): Promise<Sides> {
    return new Map(
      (await this.#doubtful.found()).map(({ key, distance }) => [key, sides.get(key) ?? Math.sign(distance)] as const),
    );
  }

  #kept() {
    const { network, optimizer } = this.#run;
    return { variables: network.parameters.map(({ variable }) => variable), velocities: optimizer.state };
  }

  async #save(): Promise<Float32Array[]> {
    const { variables, velocities } = this.#kept();
    const tensors = [...variables, ...velocities.map((it) => it.get())];
    return Promise.all(tensors.map(async (it) => Float32Array.from(await it.data())));
  }

  #restore(saved: readonly Float32Array[]): void {
    const tf = this.#tf;
    const { variables, velocities } = this.#kept();
    tf.tidy(() => {
      variables.forEach((variable, i) => {
        variable.assign(tf.tensor(saved[i]!, variable.shape) as Variable);
      });
      velocities.forEach((velocity, i) => {
        velocity.set(tf.tensor(saved[variables.length + i]!, velocity.get().shape));
      });
    });
  }
}

describe.runIf(process.env.FIND_SIDES)('the search for the sides that the authors took', () => {
  test.each(['1', '2'] as const)('finds those of stage %s', { timeout: 7_200_000 }, async (stage) => {
    const { tf } = await chooseBackend({ force: 'wasm' });
    const found = await new Search(tf, await readNpz(AUTHORS_STEPS!), stage).solve(1);
    for (const sides of found ?? []) console.log([...sides].map(([key, side]) => `${key}=${side}`).join(' '));
  });
});
