/**
 * Filled in by page/scripts/build.mjs: a version that changes with the files, the files for a first visit, and for later files and whole
 * folders.
 */
declare const BUILD: {
  readonly version: string;
  readonly files: readonly string[];
  readonly laterFiles: readonly string[];
  readonly laterFolders: readonly string[];
};

const scope = globalThis as unknown as ServiceWorkerGlobalScope;

interface ServiceWorkerGlobalScope {
  addEventListener(type: string, listener: (event: ServiceWorkerEvent) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
  /** `scope` is the address of the folder that has the page. */
  readonly registration: { readonly scope: string };
}

interface ServiceWorkerEvent {
  readonly request: Request;
  waitUntil(promise: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}

// The origin may have other applications, and other copies of this page in other folders; their caches are left alone.
const ownCaches = `signwave-page ${scope.registration.scope} `;
const cacheName = `${ownCaches}${BUILD.version}`;
const addressesOf = (paths: readonly string[]) => paths.map((path) => new URL(path, scope.registration.scope).href);
const ownAddresses = new Set(addressesOf([...BUILD.files, ...BUILD.laterFiles]));
const ownFolders = addressesOf(BUILD.laterFolders);

scope.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then((cache) => cache.addAll(BUILD.files))
      .then(() => scope.skipWaiting()),
  );
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(deleteOldCaches().then(() => scope.clients.claim()));
});

async function deleteOldCaches(): Promise<void> {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith(ownCaches) && name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
}

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const address = origin + pathname;
  const isOwn = ownAddresses.has(address) || ownFolders.some((folder) => address.startsWith(folder));
  if (request.method === 'GET' && isOwn) event.respondWith(answer(request));
});

/** Answers from the cache. What a first visit doesn't fetch (examples and the peer) is added to it on first use. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(cacheName);
  const cached = await cache.match(request, { ignoreSearch: true });
  if (cached) return cached;
  const response = await fetch(request);
  if (response.ok && response.status === 200) await cache.put(request, response.clone());
  return response;
}
