import type { RasterImage } from '@signwave/runtime';
import { acceptDrops, attempt, barsOf, byId, clearError, make, onFiles, showError } from '../elements.js';
import { type Classified, classify, type Session } from '../session.js';
import { median, RunningMedian } from '../timing.js';
import { askWorker } from '../worker/ask.js';
import { fetchExample } from './model-view.js';

const EXAMPLE_IMAGES = [
  'airplane.png',
  'automobile.png',
  'bird.png',
  'cat.png',
  'deer.png',
  'dog.png',
  'frog.png',
  'ship.png',
];
/** The median is taken over at least this many runs, even if there are fewer images. */
const LEAST_RUNS = 5;
const PEN_PIXELS = 22;

/** Section 2: images from files, from the camera or drawn. @param session gives the open model. */
export function startImageView(session: () => Session): void {
  const place = { error: byId('images-error'), status: byId('images-status') };
  const list = byId('results');

  const classifyFiles = (files: readonly File[]): Promise<void> =>
    attempt(place, 'Classifying …', async () => {
      list.replaceChildren();
      const timesMs: number[] = [];
      let last: RasterImage | undefined;
      for (const file of files) {
        const item = list.appendChild(make('li', ''));
        const raster = await readImageFile(file, item);
        if (!raster) continue;
        // The first run is cold, so it counts in no time that is shown.
        if (!last) await classify(session(), raster);
        const result = await classify(session(), raster);
        item.append(make('div', 'bars', ...predictionBars(result)));
        timesMs.push(result.ms);
        last = raster;
      }
      const read = timesMs.length;
      while (last && timesMs.length < LEAST_RUNS) timesMs.push((await classify(session(), last)).ms);
      return statusOf(files.length, read, timesMs);
    });

  acceptDrops(document.querySelector<HTMLElement>('[data-drop="images"]')!, classifyFiles);
  onFiles(byId<HTMLInputElement>('image-files'), classifyFiles);
  byId('use-example-images').addEventListener('click', () =>
    attempt(place, 'Loading the examples …', async () => {
      await classifyFiles(await Promise.all(EXAMPLE_IMAGES.map((name) => fetchExample(`images/${name}`))));
      return place.status.textContent ?? '';
    }),
  );
  startCamera(session, place.error);
  startDrawing(session, place.error);
}

function statusOf(files: number, read: number, timesMs: readonly number[]): string {
  const images = `${read} ${read === 1 ? 'image' : 'images'}`;
  const unread = files > read ? `; ${files - read} can’t be read` : '';
  if (read === 0) return `${images}${unread}.`;
  return (
    `${images}${unread}. ${median(timesMs).toFixed(1)} ms each, from the decoded image to its classes: resized, run, and to the worker and back; ` +
    `the median of ${timesMs.length} warm runs.`
  );
}

/** @returns undefined if it can't be read. The item then says so, and the other files are still read. */
async function readImageFile(file: File, item: HTMLElement): Promise<RasterImage | undefined> {
  const address = URL.createObjectURL(file);
  const picture = Object.assign(document.createElement('img'), { src: address, alt: '' });
  picture.addEventListener('load', () => URL.revokeObjectURL(address));
  picture.addEventListener('error', () => {
    URL.revokeObjectURL(address);
    picture.hidden = true;
  });
  item.append(make('div', 'picture', picture, make('span', '', file.name)));
  try {
    return await askWorker('decode', [file]);
  } catch (cause) {
    const error = item.appendChild(make('div', 'error'));
    const { code = 'E_IMAGE', message } = cause as { readonly code?: string; readonly message: string };
    showError(error, { code, message: `${file.name}: ${message}; give a PNG or JPEG` });
    return undefined;
  }
}

function predictionBars({ predictions }: Classified): HTMLElement[] {
  return barsOf(
    predictions.map(({ label, probability }, index) => ({
      name: label,
      part: probability,
      value: `${(100 * probability).toFixed(1)} %`,
      isFirst: index === 0,
    })),
  );
}

/** Shows the result of the latest frame or stroke. */
function show(element: Element, result: Classified, times: RunningMedian): void {
  const medianMs = times.add(result.ms);
  element.replaceChildren(
    make('p', 'quiet', medianMs === undefined ? 'first run' : `${medianMs.toFixed(1)} ms, median of the last runs`),
    make('div', 'bars', ...predictionBars(result)),
  );
}

function startCamera(session: () => Session, error: HTMLElement): void {
  const toggle = byId<HTMLButtonElement>('camera-toggle');
  const view = byId('camera');
  const video = view.querySelector('video')!;
  let stream: MediaStream | undefined;
  let times = new RunningMedian();

  const stop = (): void => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    video.srcObject = null;
    view.hidden = true;
    toggle.setAttribute('aria-pressed', 'false');
  };
  const next = async (): Promise<void> => {
    if (!stream) return;
    try {
      if (video.videoWidth > 0)
        show(view.querySelector('.result')!, await classify(session(), await createImageBitmap(video)), times);
    } catch (cause) {
      showError(error, cause);
      stop();
    }
    requestAnimationFrame(next);
  };
  toggle.addEventListener('click', async () => {
    clearError(error);
    if (stream) {
      stop();
      return;
    }
    try {
      if (!navigator.mediaDevices) throw new Error('browsers give the camera only to pages from https or localhost');
      toggle.disabled = true;
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      // The page may have been hidden while the browser asked for permission.
      if (document.hidden) {
        stop();
        return;
      }
      times = new RunningMedian();
      video.srcObject = stream;
      await video.play();
      view.hidden = false;
      toggle.setAttribute('aria-pressed', 'true');
      requestAnimationFrame(next);
    } catch (cause) {
      stop();
      showError(error, { code: 'E_IMAGE', message: `the camera can't be used: ${(cause as Error).message}` });
    } finally {
      toggle.disabled = false;
    }
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stop();
  });
}

function startDrawing(session: () => Session, error: HTMLElement): void {
  const toggle = byId<HTMLButtonElement>('draw-toggle');
  const view = byId('draw');
  const canvas = view.querySelector('canvas')!;
  const context = canvas.getContext('2d')!;
  const times = new RunningMedian();
  let isRunning = false;

  const clear = (): void => {
    context.fillStyle = '#000';
    context.fillRect(0, 0, canvas.width, canvas.height);
    Object.assign(context, { strokeStyle: '#fff', lineWidth: PEN_PIXELS, lineCap: 'round', lineJoin: 'round' });
    view.querySelector('.result')!.replaceChildren(make('p', 'quiet', 'Draw something.'));
  };
  const update = async (): Promise<void> => {
    if (isRunning) return; // the stroke's last event comes later, and sees all of it
    isRunning = true;
    try {
      show(view.querySelector('.result')!, await classify(session(), await createImageBitmap(canvas)), times);
    } catch (cause) {
      showError(error, cause);
    } finally {
      isRunning = false;
    }
  };
  const positionOf = ({ offsetX, offsetY }: PointerEvent): [number, number] => [
    (offsetX * canvas.width) / canvas.clientWidth,
    (offsetY * canvas.height) / canvas.clientHeight,
  ];
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    context.beginPath();
    context.moveTo(...positionOf(event));
    context.lineTo(...positionOf(event));
    context.stroke();
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!canvas.hasPointerCapture(event.pointerId)) return;
    context.lineTo(...positionOf(event));
    context.stroke();
    void update();
  });
  canvas.addEventListener('pointerup', update);
  byId('draw-clear').addEventListener('click', clear);
  toggle.addEventListener('click', () => {
    view.hidden = !view.hidden;
    toggle.setAttribute('aria-pressed', String(!view.hidden));
    if (!view.hidden) clear();
  });
}
