import type { Engine } from '../src/engine/engine.js';
import { Executable } from '../src/engine/executable.js';
import type { KernelName } from '../src/kernels/kernel-records.js';
import { Placement } from '../src/plan/placement.js';
import type { Plan } from '../src/plan/plan.js';
import { pointer, type Region } from '../src/plan/region.js';

/** As a float this is NaN, as an integer -1, so whatever reads it gives no sensible result. */
const POISON = 0xff;
/** The moment of a plan's first step, as lifetimes.ts counts moments. */
const FIRST_STEP = 2;

/**
 * Executes a plan on one thread, and fills each map with {@link POISON} after the last step that needs it, and all scratch after each step.
 *
 * @throws {Error} if a step reads a map before any has written it.
 */
export class PoisonedExecutable extends Executable {
  readonly #placement: Placement;
  readonly #memory: WebAssembly.Memory;

  constructor(plan: Plan, engine: Engine) {
    checkOrder(plan);
    const placement = new Placement(plan, engine.exports.heapBase(), 1);
    super(plan, engine, placement);
    this.#placement = placement;
    this.#memory = engine.memory;
  }

  override execute(): void {
    const { regions, lifetimes, steps } = this.plan;
    const maps = [...lifetimes].map(([region, { last }]) => ({ region, last }));
    const replaced = new Set([...lifetimes.values()].map((it) => it.replaces));
    const scratch = regions.filter(({ kind }) => kind === 'scratch').map((region) => ({ region }));
    super.execute((step) => {
      const dead = maps.filter(({ region, last }) => last === step + FIRST_STEP && !replaced.has(region));
      this.#poison(step + 1 < steps.length ? [...dead, ...scratch] : []);
    });
  }

  #poison(dead: readonly { readonly region: Region }[]): void {
    const bytes = new Uint8Array(this.#memory.buffer);
    for (const { region } of dead) {
      const address = this.#placement.addressOf(pointer(region), 0);
      bytes.fill(POISON, address, address + region.sizeBytes);
    }
  }
}

/** The field with the address of the map that a kernel writes, where that isn't `output`. Signs and bits are never maps of this kind. */
const WRITTEN: Partial<Record<KernelName, string>> = {
  planesToPixels: 'pixels',
  globalAvgPlanes: 'pixels',
  pixelsToPlanes: 'planes',
};

/** The regions of kind `map` whose addresses a record has, each with the field. */
function mapsOf(record: object): [field: string, region: Region][] {
  return Object.entries(record).flatMap(([field, value]): [string, Region][] => {
    if (typeof value !== 'object') return [];
    if (!('region' in value)) return mapsOf(value);
    return value.region.kind === 'map' ? [[field, value.region]] : [];
  });
}

function checkOrder({ loadSteps, inputSteps, steps, output }: Plan): void {
  const written = new Set<Region>();
  for (const { kernel, parts } of [...loadSteps, ...Object.values(inputSteps), ...steps]) {
    const maps = mapsOf(parts[0]!);
    const target = WRITTEN[kernel] ?? 'output';
    for (const [field, region] of maps) {
      if (field !== target && !region.data && !written.has(region))
        throw new Error(`${kernel} reads a map that no step before it writes`);
    }
    for (const [field, region] of maps) if (field === target) written.add(region);
  }
  if (output.region.kind === 'map' && !written.has(output.region)) throw new Error('no step writes the output');
}
