import { attempt, barsOf, byId } from '../elements.js';
import { askLab } from '../lab/ask.js';
import type { Kernels } from '../lab/protocol.js';
import { profile, type Session } from '../session.js';

/** Section 3. @param restart opens the model again with other kernels. */
export function startSpeedView(session: () => Session, restart: (kernels: Kernels) => Promise<void>): void {
  const [error, status, verdict] = [byId('speed-error'), byId('speed-status'), byId('verdict')];
  const onClick = (id: string, doing: string, action: () => Promise<string>): void => {
    const button = byId<HTMLButtonElement>(id);
    button.addEventListener('click', () => attempt({ error, status, button }, doing, action));
  };

  for (const radio of document.querySelectorAll<HTMLInputElement>('[name="kernels"]')) {
    radio.addEventListener('change', () =>
      attempt({ error, status }, 'Loading the other kernels …', async () => {
        await restart(radio.value as Kernels);
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
    const { opened, kernels } = session();
    const { layers, bits, differingBits, isExact } = await askLab('verify', [opened.bytes, kernels]);
    verdict.hidden = false;
    verdict.className = `verdict ${isExact ? 'good' : 'bad'}`;
    verdict.textContent = isExact
      ? `Exact: ${bits.toLocaleString('en')} bits of ${layers} binary layers and all outputs are the reference’s.`
      : `Not exact: ${differingBits.toLocaleString('en')} of ${bits.toLocaleString('en')} bits differ, or an output does. Please report it.`;
    return '';
  });
  onClick('compare', 'Loading ONNX Runtime Web (14 MB, the first time), then timing both in turns …', async () => {
    const { opened, kernels } = session();
    const folder = new URL('ort/', document.baseURI).href;
    const timings = await askLab('compare', [opened.bytes, kernels, folder]);
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

/** What runs, beside the switch; results of another model or other kernels go. */
export function showEngine({ model }: Session): void {
  const { kernelsReason, memoryBytes, wasmBytes, threadsReason, loadMs } = model.info();
  byId('engine').textContent =
    `Loaded in ${loadMs.toFixed(1)} ms; ${(memoryBytes / 2 ** 20).toFixed(1)} MiB of memory, ` +
    `${(wasmBytes / 1000).toFixed(1)} kB of WebAssembly; ${kernelsReason}; ${threadsReason}.`;
  byId('verdict').hidden = true;
  byId('verdict').textContent = '';
  byId('speed-status').textContent = '';
  for (const id of ['time-bars', 'compare-bars']) byId(id).replaceChildren();
}
