import { type Graph, GraphBuilder } from '@signwave/format';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createEngine } from '../src/engine/engine.js';
import { copyPixelsStep } from '../src/kernels/copy-pixels.js';
import type { CopyRecord } from '../src/kernels/generated/records.js';
import { prelu } from '../src/kernels/prelu.js';
import { makePlan } from '../src/plan/make-plan.js';
import type { FloatMap } from '../src/plan/maps.js';
import { placeRegions } from '../src/plan/placement.js';
import type { PlanContext } from '../src/plan/plan-context.js';
import type { Region } from '../src/plan/region.js';
import type { PlannedStep } from '../src/plan/step.js';
import { PoisonedExecutable } from './poison.js';

afterEach(() => vi.restoreAllMocks());

/** A graph whose maps of 4 x 4 x 8 follow each other; each lives as long as its reader needs it. */
function chain(): Graph {
  const g = new GraphBuilder();
  const x = g.input({ height: 4, width: 4, channels: 8 });
  g.prelu(g.affine(x, new Float32Array(8).fill(2), new Float32Array(8)), new Float32Array(8), new Float32Array(8));
  return g.build();
}
const INPUT = Float32Array.from({ length: 4 * 4 * 8 }, (_, i) => i + 1);
const DOUBLED = INPUT.map((it) => 2 * it);

function copyStep(from: FloatMap, to: FloatMap): PlannedStep {
  return copyPixelsStep(from, to, from.shape, [2], 'a step of a test');
}

/** Replaces the plan of PReLU by a preparing step, planned after the operand was looked up and before the output was made, and a copy. */
function planWithPreparation(): void {
  vi.spyOn(prelu, 'plan').mockImplementation((context: PlanContext, { head }) => {
    const operand = context.floatMap(context.node(head!).inputs[0]!);
    const prepared = context.newFloatMap(head!);
    context.steps.push(copyStep(operand, prepared));
    const output = context.newFloatMap(head!);
    context.steps.push(copyStep(operand, output));
  });
}

test('a room may plan a preparing step between reading its operands and making its output', async () => {
  planWithPreparation();
  const engine = await createEngine('simd');
  const executable = new PoisonedExecutable(makePlan(chain(), true), engine);
  executable.setInput(INPUT);
  executable.execute();
  expect(executable.output()).toEqual(DOUBLED);
});

test('a step that reads what no step has written is found', async () => {
  vi.spyOn(prelu, 'plan').mockImplementation((context: PlanContext, { head }) => {
    const never = context.newFloatMap(head!);
    context.steps.push(copyStep(never, context.newFloatMap(head!)));
  });
  const engine = await createEngine('simd');
  const run = () => new PoisonedExecutable(makePlan(chain(), true), engine);
  expect(run).toThrow('copyPixels reads a map that no step before it writes');
});

test('the pattern in freed maps shows a lifetime that is too short', async () => {
  planWithPreparation();
  const plan = makePlan(chain(), true);
  const operand = (plan.steps.at(-1)!.whole[0] as CopyRecord).input.region;
  const short = new Map(plan.lifetimes).set(operand, { ...plan.lifetimes.get(operand)!, last: plan.steps.length });
  const executable = new PoisonedExecutable({ ...plan, lifetimes: short }, await createEngine('simd'));
  executable.setInput(INPUT);
  executable.execute();
  expect(executable.output()).not.toEqual(DOUBLED);
});

describe('memory', () => {
  const map = (sizeBytes: number): Region => ({ kind: 'map', sizeBytes });

  test('is shared by maps that don’t live at the same time, and by no others', () => {
    const [a, b, c] = [map(1000), map(1000), map(1000)];
    const lifetimes = new Map([a, b, c].map((it, n) => [it, { first: n, last: n + 1 }]));
    const { addresses } = placeRegions([a, b, c], lifetimes, 1024);
    expect(addresses.get(a)).toBe(addresses.get(c));
    expect(Math.abs(addresses.get(a)! - addresses.get(b)!)).toBeGreaterThanOrEqual(1000);
  });

  test('is shared by a map and the one that replaces it', () => {
    const [a, b] = [map(1000), map(1000)];
    const lifetimes = new Map([
      [a, { first: 0, last: 1 }],
      [b, { first: 1, last: 2, replaces: a }],
    ]);
    const { addresses } = placeRegions([a, b], lifetimes, 1024);
    expect(addresses.get(a)).toBe(addresses.get(b));
  });
});
