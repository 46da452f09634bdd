import { byId } from './elements.js';
import { type Session, startSession } from './session.js';
import { startImageView } from './views/image-view.js';
import { startModelView } from './views/model-view.js';
import { chosenSwitches, showEngine, startSpeedView } from './views/speed-view.js';
import type { OpenedModel } from './worker/protocol.js';

let session: Session | undefined;

function current(): Session {
  if (!session) throw new Error('no model is open');
  return session;
}

async function use(opened: OpenedModel): Promise<void> {
  const started = await startSession(opened, chosenSwitches());
  session?.model.dispose();
  session = started;
  byId('images').hidden = false;
  byId('speed').hidden = false;
  showEngine(started);
}

startModelView(async (opened) => {
  await use(opened);
  byId('results').replaceChildren();
  byId('images-status').textContent = '';
});
startImageView(current);
startSpeedView(current, () => use(current().opened));

// The page works offline from the second visit on. Only pages from https or localhost have a service worker.
navigator.serviceWorker?.register('service-worker.js').catch(() => undefined);
