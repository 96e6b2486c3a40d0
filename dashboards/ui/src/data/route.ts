import { type App, type InjectionKey, inject, type ShallowRef, shallowRef } from "vue";

/** Where the reader is, and the way elsewhere without loading the program again. */
export interface Route {
  readonly path: Readonly<ShallowRef<string>>;
  /** Goes to a path of this program, with or without a query. */
  go(to: string): void;
}

const key: InjectionKey<Route> = Symbol("route");

/** The route of a program of several pages, by the address bar; the browser's buttons work. */
export const createRoute = () => {
  const path = shallowRef(location.pathname);
  addEventListener("popstate", () => {
    path.value = location.pathname;
  });
  const route: Route = {
    path,
    go: (to) => {
      history.pushState(null, "", to);
      path.value = location.pathname;
      scrollTo(0, 0);
    },
  };
  return { ...route, install: (app: App) => app.provide(key, route) };
};

/** The route of the program around. @throws Error outside of one */
export const useRoute = (): Route => {
  const route = inject(key);
  if (route === undefined) throw new Error("no route around");
  return route;
};
