import { type Graph, GraphBuilder, packBits } from '@signwave/format';
import { detectCpu } from '../src/engine/cpu.js';
import { createEngine } from '../src/engine/engine.js';
import { Executable } from '../src/engine/executable.js';
import { type LutParameters, lutCandidates } from '../src/kernels/lut-parameters.js';
import { COSTS } from '../src/plan/costs.js';
import { makePlan } from '../src/plan/make-plan.js';

/** Input channels, output channels, height and width of the input, stride, kernel. */
const SHAPES = [
  '64,64,56,1,3',
  '128,128,28,1,3',
  '256,256,14,1,3',
  '512,512,7,1,3',
  '16,16,32,1,3',
  '32,32,16,1,3',
  '64,64,8,1,3',
  '64,128,56,2,3',
  '32,64,16,2,3',
  '64,64,28,1,1',
  '64,64,28,1,5',
];
/** Candidates of the estimate that are timed, the cheapest first. */
const CANDIDATES = 30;
const SHOWN = 4;
const ROUNDS = 10;

interface Way {
  /** Absent: xor and popcount. */
  readonly parameters?: LutParameters;
  readonly time: () => number;
  minMs: number;
}

function convGraph(text: string): Graph {
  const [channels, filters, size, stride, kernel] = text.split(',').map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const shape = [filters, kernel, kernel, channels] as const;
  const count = filters * kernel * kernel * channels;
  const data = packBits(count, (i) => Math.imul(i + 1, 0x9e3779b1) >>> 31 === 1);
  const g = new GraphBuilder();
  const sums = g.conv(
    g.sign(g.input({ height: size, width: size, channels })),
    { dtype: 'bits', shape, data },
    { stride, pad: (kernel - 1) / 2 },
  );
  g.affine(sums, new Float32Array(filters).fill(0.01), new Float32Array(filters));
  return g.build();
}

async function wayOf(graph: Graph, parameters?: LutParameters): Promise<Way> {
  const options = parameters
    ? { binaryKernels: 'lut' as const, pickTables: () => parameters }
    : { binaryKernels: 'xnor' as const };
  const executable = new Executable(makePlan(graph, true, options), await createEngine('simd'));
  const time = (): number => {
    const times = executable.time(3);
    return Math.min(...times.find(({ step }) => step.kernel === 'convLut' || step.kernel === 'convBits')!.ms);
  };
  return { ...(parameters && { parameters }), time, minMs: Number.POSITIVE_INFINITY };
}

const cpu = detectCpu((await createEngine('simd')).exports);
for (const text of process.argv.length > 2 ? process.argv.slice(2) : SHAPES) {
  const graph = convGraph(text);
  let candidates: LutParameters[] = [];
  makePlan(graph, true, {
    binaryKernels: 'lut',
    pickTables: (work) => {
      candidates = lutCandidates(work, CANDIDATES, COSTS[cpu]);
      return candidates[0];
    },
  });
  const ways = [await wayOf(graph)];
  for (const parameters of candidates) ways.push(await wayOf(graph, parameters));
  for (let round = 0; round < ROUNDS; round++) for (const way of ways) way.minMs = Math.min(way.minMs, way.time());

  const [xnor, picked, ...others] = ways as [Way, Way, ...Way[]];
  console.log(`${text}: counting bits ${microseconds(xnor)}, picked ${describe(picked)}`);
  const fastest = [picked, ...others].sort((a, b) => a.minMs - b.minMs).slice(0, SHOWN);
  for (const way of fastest) console.log(`  ${describe(way)}`);
}

function microseconds({ minMs }: Way): string {
  return `${(minMs * 1000).toFixed(1)} us`;
}

function describe(way: Way): string {
  const { channels, vectors, stripChunks, blockSlices, cost } = way.parameters!;
  const perUnit = (way.minMs * 1e6) / cost;
  return (
    `${microseconds(way)}: tables of ${channels} channels, ${blockSlices} slices in a block, ` +
    `strips of ${stripChunks} x ${vectors} vectors; ${perUnit.toFixed(3)} ns per estimated cycle`
  );
}
