import { expect, test } from 'vitest';
import { describeWithShared } from '../../../test/shared.js';
import { chooseBackend } from '../../src/backends/choose-backend.js';
import { seededRandom } from '../../src/random.js';
import type { StateBuffer, Tf } from '../../src/types.js';
import { AuthorsRun } from './authors-run.js';
import { AUTHORS_SIDES } from './authors-sides.js';
import { AUTHORS_STEPS, readNpz, relativeError } from './authors-steps.js';
import { DoubtfulValues } from './doubtful-values.js';

// Step 3 of stage 1 can't be compared number by number: it needs the gradient of step 2, of which the authors' is not stored and ours is
// right to what float32 leaves of it. This measures how far that uncertainty carries: the step is repeated with each parameter moved up or
// down by as much as its value after step 1 differs from the authors', and what comes out moves by as much as it differs from theirs. No
// more can be said about that step. Its parts are settled by stage 2, whose three steps agree, and by steps 1 and 2 of this stage.
// That holds for every parameter. Running statistics are printed only: a few of layers 1.1 to 2.0 lie up to 4.5 times beyond, as if a sign
// had flipped for the authors in layer 1.1 that flips in none of these runs; this test doesn't show that.

const TOLERANCE = 1e-5;
const MOVED_RUNS = 4;
const SETTLED = 1e-3;
/** The authors' run is one more of these runs, so it may lie somewhat beyond the largest distance between any two of ours. */
const BEYOND = 1.25;

type Tensors = ReadonlyMap<string, Float32Array>;

describeWithShared('the third step of stage 1', () => {
  test('is as far from the authors’ as rounding takes it from itself', { timeout: 600_000 }, async () => {
    const { tf } = await chooseBackend({ force: 'wasm' });
    const arrays = await readNpz(AUTHORS_STEPS!);
    const run = new AuthorsRun({ tf }, arrays, '1', new DoubtfulValues(tf, TOLERANCE));
    await run.step(AUTHORS_SIDES[1][0]!);
    const ours = await valuesOf(run.parameters);
    run.takeAuthorsFirstStep();
    const authors = await valuesOf(run.parameters);
    await run.step(AUTHORS_SIDES[1][1]!);
    const before = await valuesOf(run.kept);
    const results: Tensors[] = [];
    for (let seed = 0; seed <= MOVED_RUNS; seed++) {
      const random = seededRandom(seed);
      set(tf, run.kept, before, (name, i) => {
        const after1 = ours.get(name);
        // The first run as it is.
        if (!after1 || seed === 0) return 0;
        return (after1[i]! - authors.get(name)![i]!) * (random.next() < 0.5 ? -1 : 1);
      });
      await run.step(new Map());
      results.push(await valuesOf(run.kept));
    }
    const report = [...before.keys()]
      .filter((name) => !name.startsWith('velocity'))
      .map((name) => ({ name, ...distances(name, results, arrays.get(`stage1/after3/${name}`)!.data) }));
    const isParameter = ({ name }: { name: string }): boolean => ours.has(name);
    const unexplained = report
      .filter(isParameter)
      .filter(({ ofAuthors, ofOurs }) => ofAuthors > Math.max(SETTLED, BEYOND * ofOurs));
    for (const { name, ofAuthors, ofOurs } of report) {
      console.log(`${name}: authors ${ofAuthors.toExponential(1)}, ours up to ${ofOurs.toExponential(1)}`);
    }
    expect(unexplained).toEqual([]);
    run.dispose();
  });
});

async function valuesOf(kept: readonly StateBuffer[]): Promise<Tensors> {
  const values = new Map<string, Float32Array>();
  for (const it of kept) values.set(it.name, Float32Array.from(await it.get().data()));
  return values;
}

/** Put `values` back, each with what `added` says. */
function set(tf: Tf, kept: readonly StateBuffer[], values: Tensors, added: (name: string, i: number) => number): void {
  for (const it of kept) {
    const moved = values.get(it.name)!.map((value, i) => value + added(it.name, i));
    it.set(tf.tensor(moved, it.get().shape));
  }
}

/** Of the authors' values from the nearest of our results, and the largest between two of ours. */
function distances(name: string, results: readonly Tensors[], authors: ArrayLike<number>) {
  const ours = results.map((result) => result.get(name)!);
  const pairs = ours.flatMap((a, i) => ours.slice(0, i).map((b) => relativeError(a, b)));
  return { ofAuthors: Math.min(...ours.map((a) => relativeError(a, authors))), ofOurs: Math.max(...pairs) };
}
