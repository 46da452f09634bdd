// Offline: the page and the library come from this cache, the model from the one that `cache: 'models'` fills (plain.js).
const CACHE = 'page-v1';
const FILES = ['plain.html', 'plain.js', 'signwave/index.js', 'signwave/web.js', 'signwave/worker.js'];

addEventListener('install', (event) => event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES))));

addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET') return;
  event.respondWith(caches.match(event.request).then((cached) => cached ?? fetch(event.request)));
});
