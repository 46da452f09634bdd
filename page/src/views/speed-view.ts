import { attempt, barsOf, byId } from '../elements.js';
import { profile, type Session } from '../session.js';
import { askWorker } from '../worker/ask.js';
import type { Kernels, Switches } from '../worker/protocol.js';

/** The choices in section 3. If threads aren't available, their switch is disabled, and one thread is used whatever the switch says. */
export function chosenSwitches(): Switches {
  const chosen = (name: string): string => document.querySelector<HTMLInputElement>(`[name="${name}"]:checked`)!.value;
  return { kernels: chosen('kernels') as Kernels, threads: chosen('threads') === 'auto' ? 'auto' : 1 };
}

/** Section 3. @param restart opens the model again with the chosen switches. */
export function startSpeedView(session: () => Session, restart: () => Promise<void>): void {
  const [error, status, verdict] = [byId('speed-error'), byId('speed-status'), byId('verdict')];
  const onClick = (id: string, doing: string, action: () => Promise<string>): void => {
    const button = byId<HTMLButtonElement>(id);
    button.addEventListener('click', () => attempt({ error, status, button }, doing, action));
  };

  for (const radio of document.querySelectorAll<HTMLInputElement>('[name="kernels"], [name="threads"]')) {
    radio.addEventListener('change', () =>
      attempt({ error, status }, 'Loading the model again …', async () => {
        await restart();
        return '';
      }),
    );
  }
  onClick('profile', 'Timing each layer …', async () => {
    const steps = await profile(session());
    const totalMs = steps.reduce((sum, { meanMs }) => sum + meanMs, 0);
    const layers = steps.filter(({ macs }) => macs > 0);
    const rows = layers.map(({ name, kernel, meanMs }) => ({ name: `${name.split(' + ')[0]} · ${kernel}`, meanMs }));
    const restMs = totalMs - layers.reduce((sum, { meanMs }) => sum + meanMs, 0);
    rows.push({ name: 'pools, copies and the rest', meanMs: restMs });
    const largest = Math.max(...rows.map(({ meanMs }) => meanMs), Number.MIN_VALUE);
    byId('time-bars').replaceChildren(
      ...barsOf(
        rows.map(({ name, meanMs }) => ({ name, part: meanMs / largest, value: `${(1000 * meanMs).toFixed(1)} µs` })),
      ),
    );
    return `${totalMs.toFixed(2)} ms in ${steps.length} steps, each timed by itself; means, since a browser’s clock is coarse.`;
  });
  onClick('verify', 'Comparing every bit with the reference …', async () => {
    const { opened, switches } = session();
    const { layers, bits, differingBits, isExact } = await askWorker('verify', [opened.bytes, switches]);
    verdict.hidden = false;
    verdict.className = `verdict ${isExact ? 'good' : 'bad'}`;
    verdict.textContent = isExact
      ? `Exact: ${bits.toLocaleString('en')} bits of ${layers} binary layers and all outputs are the reference’s.`
      : `Not exact: ${differingBits.toLocaleString('en')} of ${bits.toLocaleString('en')} bits differ, or an output does. Please report it.`;
    return '';
  });
  onClick('compare', 'Loading ONNX Runtime Web (14 MB, the first time), then timing both in turns …', async () => {
    const { opened, switches } = session();
    const folder = new URL('ort/', document.baseURI).href;
    const timings = await askWorker('compare', [opened.bytes, switches.kernels, folder]);
    const slowest = Math.max(...timings.map(({ medianMs }) => medianMs));
    byId('compare-bars').replaceChildren(
      ...barsOf(
        timings.map(({ name, medianMs }, index) => ({
          name,
          part: medianMs / slowest,
          value: `${medianMs.toFixed(2)} ms`,
          isFirst: index === 0,
        })),
      ),
    );
    const ratio = timings[1]!.medianMs / timings[0]!.medianMs;
    return `ONNX Runtime Web takes ${ratio.toFixed(1)}× as long: float32 twin of the same network, one thread each, in turns.`;
  });
}

/** Says beside the switches what is running, and removes results of another model or of other switches. */
export function showEngine({ model, switches }: Session): void {
  const { kernelsReason, memoryBytes, wasmBytes, threads, threadsReason, loadMs } = model.info();
  byId<HTMLFieldSetElement>('threads').disabled = switches.threads === 'auto' && threads === 1;
  byId('engine').textContent =
    `Loaded in ${loadMs.toFixed(1)} ms; ${(memoryBytes / 2 ** 20).toFixed(1)} MiB of memory, ` +
    `${(wasmBytes / 1000).toFixed(1)} kB of WebAssembly; ${kernelsReason}; ${threads} ${threads === 1 ? 'thread' : 'threads'}: ${threadsReason}.`;
  byId('verdict').hidden = true;
  byId('verdict').textContent = '';
  byId('speed-status').textContent = '';
  for (const id of ['time-bars', 'compare-bars']) byId(id).replaceChildren();
}
