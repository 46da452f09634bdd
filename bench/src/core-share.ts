/**
 * Share of a core that the process must have had before results are published. Not nearer to 1: long runs are always interrupted a little.
 */
export const LEAST_CORE_SHARE = 0.9;

/** How long to probe, if nothing was measured that this process did alone. */
const PROBE_MS = 3000;

/** Measures which share of a core this process gets while it computes: about 1, or above, unless other work takes the core. */
export class CoreShare {
  #cpuMs = 0;
  #wallMs = 0;

  /** @param work is done entirely in this process: waiting for another process would lower the share. */
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
