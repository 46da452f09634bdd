/** Where no part was measured that this process did alone. */
const PROBE_MS = 3000;

/** How much of a core this process has, while it does nothing but work: near 1, or above, unless other work has the core. */
export class CoreShare {
  #cpuMs = 0;
  #wallMs = 0;

  /** @param work all of which is done in this process: one that waits for others has less of a core by itself. */
  async during<T>(work: () => T | Promise<T>): Promise<T> {
    const before = process.cpuUsage();
    const startMs = performance.now();
    const result = await work();
    const { user, system } = process.cpuUsage(before);
    this.#cpuMs += (user + system) / 1000;
    this.#wallMs += performance.now() - startMs;
    return result;
  }

  async share(): Promise<number> {
    if (this.#wallMs === 0) {
      await this.during(() => {
        for (const end = performance.now() + PROBE_MS; performance.now() < end; );
      });
    }
    return this.#cpuMs / this.#wallMs;
  }
}
