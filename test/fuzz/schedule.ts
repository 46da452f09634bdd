/** Whose turn it is: of kinds with a number of inputs to read, the one that is least far; of the others, each in turn. */
export class Schedule<Name extends string> {
  readonly #kinds: readonly Name[];
  readonly #inputs: Readonly<Partial<Record<Name, number>>>;
  #turn = 0;

  constructor(kinds: readonly Name[], inputs: Readonly<Partial<Record<Name, number>>>) {
    this.#kinds = kinds;
    this.#inputs = inputs;
  }

  /** How many inputs of a kind may still be read. */
  left(kind: Name, { inputs }: { readonly inputs: number }): number {
    return (this.#inputs[kind] ?? Number.POSITIVE_INFINITY) - inputs;
  }

  /** @returns `undefined` when all inputs are read. */
  next(tallies: Readonly<Record<Name, { readonly inputs: number }>>): Name | undefined {
    const open = this.#kinds.filter((kind) => this.left(kind, tallies[kind]) > 0);
    const limited = open.filter((kind) => this.#inputs[kind] !== undefined);
    if (limited.length < open.length || open.length === 0) return open[this.#turn++ % open.length];
    const share = (kind: Name): number => tallies[kind].inputs / this.#inputs[kind]!;
    return limited.reduce((least, kind) => (share(kind) < share(least) ? kind : least));
  }
}
