import { readFile } from 'node:fs/promises';
import { decodeImage } from '@signwave/data/node';
import { ImageFetcher } from '@signwave/lab/node';
import { load, prepareImage } from '@signwave/runtime';

/** What an answer to an image is made of; both ways to get its bytes are measured. */
const STAGES = ['disk', 'object', 'decode', 'resize', 'network'] as const;
type Stage = (typeof STAGES)[number];

/** Of one image: time that passes, and time that all threads of this process compute. What a fetch costs the machine is the second. */
interface StageTime {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export interface Photograph {
  readonly path: string;
  /** Its address, if there is a server of objects to measure. */
  readonly url?: string;
}

export interface ImageShares {
  /** Medians over all images and rounds. */
  readonly stages: Partial<Record<Stage, StageTime>>;
  /** Of the time that passes from a file, or from an object, to its answer. */
  readonly shares: Record<'disk' | 'object', Partial<Record<Stage, number>>>;
}

/**
 * Measures, one image at a time, how long each stage from an address to an answer takes.
 *
 * @param modelPath a model with an input recipe.
 * @param rounds how often each photograph is answered, after a first time that doesn't count.
 */
export async function measureImageShares(
  modelPath: string,
  photographs: readonly Photograph[],
  rounds: number,
): Promise<ImageShares> {
  const model = await load(await readFile(modelPath), { name: modelPath });
  const { recipe, height, width } = model.input;
  if (!recipe) throw new Error(`${modelPath} has no input recipe`);
  const fetcher = new ImageFetcher();
  const samples = new Map<Stage, StageTime[]>();
  let isWarm = false;
  const timed = async <T>(stage: Stage, work: () => T | Promise<T>): Promise<T> => {
    const [startMs, startCpu] = [performance.now(), process.cpuUsage()];
    const result = await work();
    const wallMs = performance.now() - startMs;
    const { user, system } = process.cpuUsage(startCpu);
    if (isWarm) samples.set(stage, [...(samples.get(stage) ?? []), { wallMs, cpuMs: (user + system) / 1000 }]);
    return result;
  };
  for (let round = 0; round <= rounds; round++, isWarm = true) {
    for (const { path, url } of photographs) {
      const bytes = await timed('disk', () => readFile(path));
      if (url !== undefined) {
        const object = await timed('object', () => fetcher.fetch(url));
        if (!bytes.equals(object.bytes)) throw new Error(`${url} has other bytes than ${path}`);
      }
      const image = await timed('decode', () => decodeImage(bytes, path));
      const input = await timed('resize', () => prepareImage(image, recipe, height, width));
      await timed('network', () => model.run(input));
    }
  }
  model.dispose();
  const stages = Object.fromEntries([...samples].map(([stage, times]) => [stage, medianOf(times)]));
  return { stages, shares: { disk: sharesOf(stages, 'disk'), object: sharesOf(stages, 'object') } };
}

function medianOf(times: readonly StageTime[]): StageTime {
  const median = (key: keyof StageTime): number =>
    times.map((it) => it[key]).sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
  return { wallMs: median('wallMs'), cpuMs: median('cpuMs') };
}

/** Shares of the time that passes when bytes come from one place. */
function sharesOf(stages: ImageShares['stages'], from: 'disk' | 'object'): Partial<Record<Stage, number>> {
  if (!stages[from]) return {};
  const used = STAGES.filter((stage) => stage === from || !['disk', 'object'].includes(stage));
  const sumMs = used.reduce((sum, stage) => sum + stages[stage]!.wallMs, 0);
  return Object.fromEntries(used.map((stage) => [stage, stages[stage]!.wallMs / sumMs]));
}
