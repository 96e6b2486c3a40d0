/** Keeps the phone's program in the browser, so that it opens without the centre. Data it never sees to: only files. */

/** Of the worker's own scope, what is used here; the compiler knows the page's only. */
interface WorkerScope {
  addEventListener(name: "install" | "activate", heard: (event: Lasting) => void): void;
  addEventListener(name: "fetch", heard: (event: Fetching) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void> };
}
interface Lasting {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

const scope = globalThis as unknown as WorkerScope;
const cacheName = "mingcheng-phone-1";
const startPage = "/m";

/** The start page and every file that it names. */
const keepProgram = async (): Promise<void> => {
  const cache = await caches.open(cacheName);
  const answer = await fetch(startPage, { cache: "no-store" });
  if (!answer.ok) throw new Error(`the start page was answered with ${answer.status}`);
  const named = [...(await answer.clone().text()).matchAll(/(?:src|href)="\.?(\/[^"]+)"/g)].map(
    ([, path]) => path ?? "",
  );
  await cache.put(startPage, answer);
  const known = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  await cache.addAll(named.filter((path) => !known.has(path)));
  for (const path of known) if (path !== startPage && !named.includes(path)) await cache.delete(path);
};

/** The centre's own page where it can be reached, and then this program is kept; else the one that was kept last. */
const pageOf = async (request: Request): Promise<Response> => {
  try {
    const answer = await fetch(request);
    keepProgram().catch(() => undefined);
    return answer;
  } catch (error) {
    const kept = await caches.match(startPage);
    if (kept === undefined) throw error;
    return kept;
  }
};

/** Files carry their digest in their name: one that was kept is right for good. */
const fileOf = async (request: Request): Promise<Response> => (await caches.match(request)) ?? fetch(request);

scope.addEventListener("install", (event) => {
  event.waitUntil(keepProgram().then(() => scope.skipWaiting()));
});
scope.addEventListener("activate", (event) => {
  event.waitUntil(scope.clients.claim());
});
scope.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET") return;
  if (event.request.mode === "navigate" && /^\/(?:m|a)(?:\/|$)/.test(pathname)) {
    event.respondWith(pageOf(event.request));
  } else if (pathname.startsWith("/assets/") || pathname === "/icon.svg") {
    event.respondWith(fileOf(event.request));
  }
});
