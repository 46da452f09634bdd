/** Filled in by web/scripts/build.mjs: a name that changes with the files, and the files of a first visit. */
declare const BUILD: { readonly version: string; readonly files: readonly string[] };

const scope = globalThis as unknown as ServiceWorkerGlobalScope;

interface ServiceWorkerGlobalScope {
  addEventListener(type: string, listener: (event: ServiceWorkerEvent) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}

interface ServiceWorkerEvent {
  readonly request: Request;
  waitUntil(promise: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}

scope.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(BUILD.version)
      .then((cache) => cache.addAll(BUILD.files))
      .then(() => scope.skipWaiting()),
  );
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(deleteOldCaches().then(() => scope.clients.claim()));
});

async function deleteOldCaches(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== BUILD.version).map((name) => caches.delete(name)));
}

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'GET' && new URL(request.url).origin === location.origin) event.respondWith(answer(request));
});

/** From the cache; what a first visit doesn't take, examples and the peer, comes into it when it is first used. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(BUILD.version);
  const cached = await cache.match(request, { ignoreSearch: true });
  if (cached) return cached;
  const response = await fetch(request);
  if (response.ok && response.status === 200) await cache.put(request, response.clone());
  return response;
}
