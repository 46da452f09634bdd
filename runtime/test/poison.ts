import type { Engine } from '../src/engine/engine.js';
import { Executable } from '../src/engine/executable.js';
import { mapPointers } from '../src/kernels/record.js';
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
 * @throws {Error} if a step's record names a map that the step doesn't declare, or if a step reads a map before any has written it.
 */
export class PoisonedExecutable extends Executable {
  readonly #placement: Placement;
  readonly #memory: WebAssembly.Memory;

  constructor(plan: Plan, engine: Engine) {
    checkDeclarations(plan);
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

function checkDeclarations({ loadSteps, inputSteps, steps, output }: Plan): void {
  const written = new Set<Region>();
  const all = [...loadSteps, ...Object.values(inputSteps), ...steps];
  for (const { kernel, parts, reads, writes } of all) {
    // Only the first part is checked: the others may have regions of their own instead of those that it names.
    mapPointers(parts[0]!, (it) => {
      const { kind } = it.region;
      if ((kind === 'map' || kind === 'fixed') && !reads.includes(it.region) && !writes.includes(it.region))
        throw new Error(`${kernel} has the address of a map that it doesn't declare to read or write`);
      return it;
    });
    for (const region of reads) {
      if (region.kind === 'map' && !region.data && !written.has(region))
        throw new Error(`${kernel} reads a map that no step before it writes`);
    }
    for (const region of writes) written.add(region);
  }
  if (output.region.kind === 'map' && !written.has(output.region)) throw new Error('no step writes the output');
}
