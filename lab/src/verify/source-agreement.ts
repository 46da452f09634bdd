import { type Graph, type SignNode, tensorValues } from '@signwave/format';
import { type FeatureMap, Reference } from '@signwave/reference';
import { argMax } from '../statistics.js';

/** If outputs differ by more than this share of the largest, rounding alone doesn't explain it: some sign differs. */
const OUTPUT_TOLERANCE = 1e-3;
/** Rounding can move a value this near to its threshold to the other side. Relative to the layer's largest value, if that is above 1. */
const NEAR_TIE = 1e-5;
/** The threshold that the converter gives to channels whose sign is folded into a constant; no source network has one as low. */
const FOLDED_THRESHOLD = -65_504;

/** What is known about an image on which the packed model and its source disagree. */
export interface Disagreement {
  readonly image: number;
  readonly isSameTop1: boolean;
  /** The first layer whose signs differ, if any do. */
  readonly layer?: string;
  /** Whether rounding decided: all signs that differ there had values next to the threshold, but not on it. */
  readonly isNearTie: boolean;
}

/** A sign of the source and its counterpart in the packed graph: a node, or two nodes whose mean equals it. */
interface SignPair {
  readonly source: number;
  readonly packed: readonly number[];
  readonly layer: string;
}

/**
 * Compares the outputs of a packed graph with those of the network as it was trained: not folded, and with the source's own sign(0). If
 * they differ by more than rounding can explain, it finds the first sign that differs, and whether rounding decided it.
 */
export class SourceAgreement {
  readonly #source: Reference;
  readonly #pairs: readonly SignPair[];
  images = 0;
  sameTop1 = 0;
  maxDifference = 0;
  /** Number of values exactly at a threshold, for which the source's sign gives 0. */
  zeros = 0;
  readonly disagreements: Disagreement[] = [];

  constructor(
    private readonly source: Graph,
    private readonly packed: Graph,
  ) {
    this.#source = new Reference(source);
    this.#pairs = signPairs(source, packed);
  }

  /** @param packed the reference's maps of all nodes of the packed graph for this input. @returns the source's maps. */
  check(input: Uint8Array | Float32Array, packed: readonly FeatureMap[]): readonly FeatureMap[] {
    const { maps } = this.#source.record(input);
    const trained = maps.at(-1)!.data;
    const found = packed.at(-1)!.data;
    const largest = trained.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = trained.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);
    const isSameTop1 = argMax(trained) === argMax(found);
    for (const { source } of this.#pairs)
      this.zeros += maps[source]!.data.reduce((sum, sign) => sum + Number(sign === 0), 0);
    if (isSameTop1) this.sameTop1++;
    this.maxDifference = Math.max(this.maxDifference, difference);
    if (!isSameTop1 || !(difference <= OUTPUT_TOLERANCE * largest))
      this.disagreements.push({ image: this.images, isSameTop1, ...this.#explain(maps, packed) });
    this.images++;
    return maps;
  }

  #explain(source: readonly FeatureMap[], packed: readonly FeatureMap[]): Pick<Disagreement, 'layer' | 'isNearTie'> {
    for (const pair of this.#pairs) {
      const node = this.source.nodes[pair.source] as SignNode;
      const thresholds = thresholdsOf(this.source, node);
      const folded = thresholdsOf(this.packed, this.packed.nodes[pair.packed[0]!] as SignNode);
      const signs = source[pair.source]!;
      const values = source[node.inputs[0]!]!.data;
      const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      let differing = 0;
      let near = 0;
      signs.data.forEach((sign, i) => {
        const c = i % signs.channels;
        const distance = Math.abs(values[i]! - (thresholds?.[c] ?? 0));
        const isFolded = distance === 0 && folded !== undefined && folded[c]! <= FOLDED_THRESHOLD;
        const given = pair.packed.reduce((sum, at) => sum + packed[at]!.data[i]!, 0) / pair.packed.length;
        if (isFolded || given === sign) return;
        differing++;
        if (distance > 0 && distance < NEAR_TIE * largest) near++;
      });
      if (differing > 0) return { layer: pair.layer, isNearTie: near === differing };
    }
    return { isNearTie: false };
  }
}

function thresholdsOf(graph: Graph, sign: SignNode): Float32Array | undefined {
  return sign.threshold === undefined ? undefined : tensorValues(graph.tensors[sign.threshold]!);
}

/** Pairs the signs of both graphs in order; empty if the graphs aren't of the same network. */
function signPairs(source: Graph, packed: Graph): readonly SignPair[] {
  const signsOf = ({ nodes }: Graph): number[] => nodes.flatMap(({ op }, index) => (op === 'sign' ? [index] : []));
  const sources = signsOf(source);
  const signs = signsOf(packed);
  const twins = signs.length - sources.length;
  const pairs: number[][] = [];
  for (const sign of signs) {
    const before = pairs.at(-1);
    if (twins > 0 && before?.length === 1 && isTwin(packed, before[0]!, sign)) before.push(sign);
    else pairs.push([sign]);
  }
  if (pairs.length !== sources.length) return [];
  return sources.map((index, i) => {
    const reader = source.nodes.findIndex(({ inputs }) => inputs.includes(index));
    return { source: index, packed: pairs[i]!, layer: source.nodes[reader]?.name ?? `node ${index}` };
  });
}

/** Whether two signs read the same value, and one gives +1 for 0, the other -1. */
function isTwin({ nodes }: Graph, upper: number, lower: number): boolean {
  const [a, b] = [nodes[upper] as SignNode, nodes[lower] as SignNode];
  return a.inputs[0] === b.inputs[0] && a.zeroRule === 'plus' && b.zeroRule === 'minus';
}
