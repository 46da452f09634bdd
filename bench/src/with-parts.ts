import { SignwaveError } from '@signwave/format';
import type { Bench } from './results.js';

type Conditions = Pick<Bench, 'machine' | 'rounds'>;

/** Results of a run that left parts out. */
type Measured = Conditions & Pick<Bench, 'engines'> & Partial<Bench>;

/** What was measured now, filled up with what was measured before; networks and their ablations are replaced one by one. */
export function withParts(before: Bench, now: Measured): Bench {
  const networks = now.networks ?? [];
  const subjects = new Set([...before.ablations, ...(now.ablations ?? [])].map(({ subject }) => subject));
  const ablationsOf = (subject: string, bench: Partial<Bench>) =>
    bench.ablations?.filter((it) => it.subject === subject) ?? [];
  return {
    ...before,
    machine: now.machine,
    engines: [
      ...before.engines.map((engine) => now.engines.find(({ id }) => id === engine.id) ?? engine),
      ...now.engines.filter(({ id }) => !before.engines.some((engine) => engine.id === id)),
    ],
    layers: now.layers ?? before.layers,
    networks: [
      ...before.networks.map((network) => networks.find(({ id }) => id === network.id) ?? network),
      ...networks.filter(({ id }) => !before.networks.some((network) => network.id === id)),
    ],
    scaling: now.scaling ?? before.scaling,
    ablations: [...subjects].flatMap((subject) => {
      const measured = ablationsOf(subject, now);
      return measured.length > 0 ? measured : ablationsOf(subject, before);
    }),
  };
}

/** Where results are kept, and how everything is measured anew. */
interface Kept {
  readonly path: string;
  readonly advice: string;
}

/**
 * Documents say in one line what all results were measured on, so parts from different conditions can't be put together.
 *
 * @throws {SignwaveError} `E_USAGE` if the conditions differ.
 */
export function requireSameConditions(before: Conditions, now: Conditions, { path, advice }: Kept): void {
  const facts = ({ machine, rounds }: Conditions) => ({
    CPU: machine.cpu,
    cores: machine.cores,
    Node: machine.node,
    rounds,
  });
  const [then, today] = [facts(before), facts(now)];
  for (const key of Object.keys(then) as (keyof typeof then)[]) {
    if (then[key] === today[key]) continue;
    throw new SignwaveError(
      'E_USAGE',
      `${key} of ${path}: ${then[key]}, here: ${today[key]}; parts of two measurements would stand side by side as one. ${advice}`,
    );
  }
}
