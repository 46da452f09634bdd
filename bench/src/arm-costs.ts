// Runs binary convolutions, each computed in many ways, on a CPU that counts (see bench/scripts/fit-arm-costs.mjs), with a mark before and
// after each call of the kernel. Prints the ways as JSON: [{ shape, way, macs, terms, calls }]. The first does nothing and shows what a
// mark costs.
import { type Graph, GraphBuilder, packBits } from '@signwave/format';
import {
  COSTS,
  cloneEngine,
  createEngine,
  Executable,
  type KernelExports,
  type LutWork,
  lutCandidates,
  lutTerms,
  makePlan,
  type PlanOptions,
  type Terms,
  xnorTerms,
} from '@signwave/runtime/internals';

/** Channels in and out, side of the map, side of the kernel. Maps of a few pixels are included because the best choice changes there. */
const SHAPES = [
  [16, 16, 16, 3],
  [32, 32, 16, 3],
  [64, 64, 8, 3],
  [64, 64, 4, 3],
  [128, 64, 14, 3],
  [256, 64, 7, 3],
  [64, 64, 14, 1],
  [32, 16, 12, 5],
  [64, 32, 3, 3],
] as const;
const CALLS = 3;
/** Tables tried for each shape, spread evenly from the cheapest to the dearest so that the fit sees every cost. */
const WAYS = 6;

const mark = (): number => process.umask(0o022);
const engine = await createEngine('simd');
const ways: {
  readonly shape: string;
  readonly way: string;
  readonly macs: number;
  readonly terms: Terms;
  readonly calls: number;
}[] = [];

for (let n = 0; n < 2 * CALLS; n++) mark();
ways.push({ shape: '', way: 'nothing', macs: 0, terms: {}, calls: CALLS });
for (const shape of SHAPES) {
  const graph = convGraph(shape);
  let work: LutWork | undefined;
  makePlan(graph, true, {
    binaryKernels: 'lut',
    pickTables: (it) => {
      work = it;
      return lutCandidates(it, 1, COSTS.x86)[0];
    },
  });
  const all = lutCandidates(work!, 1000, COSTS.x86);
  await run(shape, 'popcount', graph, xnorTerms(work!), { binaryKernels: 'xnor' });
  for (let n = 0; n < WAYS; n++) {
    const tables = all[Math.floor((n * (all.length - 1)) / (WAYS - 1))]!;
    const title = `tables of ${tables.channels}, ${tables.blockSlices} slices, ${tables.stripChunks} x ${tables.vectors}`;
    await run(shape, title, graph, lutTerms(work!, tables), { binaryKernels: 'lut', pickTables: () => tables });
  }
}
console.log(JSON.stringify(ways));

async function run(
  shape: (typeof SHAPES)[number],
  way: string,
  graph: Graph,
  terms: Terms,
  options: PlanOptions,
): Promise<void> {
  const { exports, ...rest } = await cloneEngine(engine);
  const marked = (kernel: (address: number) => void) => (address: number) => {
    mark();
    kernel(address);
    mark();
  };
  const watched: KernelExports = {
    ...exports,
    convLut: marked(exports.convLut),
    convBits: marked(exports.convBits),
  };
  const executable = new Executable(makePlan(graph, true, options), { ...rest, exports: watched });
  for (let n = 0; n < CALLS; n++) executable.execute();
  const [channels, filters, size, kernel] = shape;
  const title = `${channels} -> ${filters}, ${size} x ${size}, ${kernel} x ${kernel}`;
  ways.push({ shape: title, way, macs: channels * filters * size ** 2 * kernel ** 2, terms, calls: CALLS });
}

function convGraph([channels, filters, size, kernel]: (typeof SHAPES)[number]): Graph {
  const shape = [filters, kernel, kernel, channels] as const;
  const data = packBits(filters * kernel * kernel * channels, (i) => Math.imul(i + 1, 0x9e3779b1) >>> 31 === 1);
  const g = new GraphBuilder();
  const sums = g.conv(
    g.sign(g.input({ height: size, width: size, channels })),
    { dtype: 'bits', shape, data },
    { pad: (kernel - 1) / 2 },
  );
  g.affine(sums, new Float32Array(filters).fill(0.01), new Float32Array(filters));
  return g.build();
}
