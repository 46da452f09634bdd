import { acceptDrops, attempt, barsOf, byId, clearError, make, onFiles, showError } from '../elements.js';
import { type Classified, classify, type Session } from '../session.js';
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
/** The samples as they are stored: what the network was trained on. */
const AS_STORED: ImageBitmapOptions = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };
const PEN_PIXELS = 22;

/** Section 2: images of files, of the camera or drawn. @param session gives the model that is open. */
export function startImageView(session: () => Session): void {
  const place = { error: byId('images-error'), status: byId('images-status') };
  const list = byId('results');

  const classifyFiles = (files: readonly File[]): Promise<void> =>
    attempt(place, 'Classifying …', async () => {
      list.replaceChildren();
      let totalMs = 0;
      for (const file of files) {
        const item = list.appendChild(make('li', ''));
        totalMs += await classifyFile(session(), file, item);
      }
      return `${files.length} ${files.length === 1 ? 'image' : 'images'}, ${(totalMs / files.length).toFixed(1)} ms each.`;
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

/** @returns milliseconds. One image that can't be read doesn't keep the others from being. */
async function classifyFile(session: Session, file: File, item: HTMLElement): Promise<number> {
  const address = URL.createObjectURL(file);
  const picture = Object.assign(document.createElement('img'), { src: address, alt: '' });
  picture.addEventListener('load', () => URL.revokeObjectURL(address));
  picture.addEventListener('error', () => {
    URL.revokeObjectURL(address);
    picture.hidden = true;
  });
  item.append(make('div', 'picture', picture, make('span', '', file.name)));
  let image: ImageBitmap;
  try {
    image = await createImageBitmap(file, AS_STORED);
  } catch {
    const error = item.appendChild(make('div', 'error'));
    showError(error, {
      code: 'E_IMAGE',
      message: `${file.name} is no image that this browser reads; give a PNG or JPEG`,
    });
    return 0;
  }
  const { ms, ...result } = await classify(session, image);
  item.append(make('div', 'bars', ...predictionBars({ ms, ...result })));
  return ms;
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

function show(element: Element, result: Classified): void {
  element.replaceChildren(
    make('p', 'quiet', `${result.ms.toFixed(1)} ms`),
    make('div', 'bars', ...predictionBars(result)),
  );
}

function startCamera(session: () => Session, error: HTMLElement): void {
  const toggle = byId<HTMLButtonElement>('camera-toggle');
  const view = byId('camera');
  const video = view.querySelector('video')!;
  let stream: MediaStream | undefined;

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
        show(view.querySelector('.result')!, await classify(session(), await createImageBitmap(video)));
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
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      video.srcObject = stream;
      await video.play();
      view.hidden = false;
      toggle.setAttribute('aria-pressed', 'true');
      requestAnimationFrame(next);
    } catch (cause) {
      stop();
      showError(error, { code: 'E_IMAGE', message: `the camera can't be used: ${(cause as Error).message}` });
    }
  });
}

function startDrawing(session: () => Session, error: HTMLElement): void {
  const toggle = byId<HTMLButtonElement>('draw-toggle');
  const view = byId('draw');
  const canvas = view.querySelector('canvas')!;
  const context = canvas.getContext('2d')!;
  let isRunning = false;

  const clear = (): void => {
    context.fillStyle = '#000';
    context.fillRect(0, 0, canvas.width, canvas.height);
    Object.assign(context, { strokeStyle: '#fff', lineWidth: PEN_PIXELS, lineCap: 'round', lineJoin: 'round' });
    view.querySelector('.result')!.replaceChildren(make('p', 'quiet', 'Draw something.'));
  };
  const update = async (): Promise<void> => {
    if (isRunning) return; // the stroke's end comes later, and sees all of it
    isRunning = true;
    try {
      show(view.querySelector('.result')!, await classify(session(), await createImageBitmap(canvas)));
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
