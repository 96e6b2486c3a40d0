import { type Component, defineAsyncComponent } from "vue";

/** Stands where a part could not be loaded; the page is loaded again as soon as that helps. */
const Missing: Component = { render: () => null };

const loaders: (() => Promise<unknown>)[] = [];

/**
 * A part of the wall that is loaded after the first picture. One that cannot be loaded, because the centre is away just
 * then, is left out: {@link useUpgrade} sees it and loads the page again.
 */
export const lazily = (load: () => Promise<{ readonly default: Component }>): Component => {
  loaders.push(load);
  return defineAsyncComponent(
    async () => ((await load()) as { readonly default: Component } | undefined)?.default ?? Missing,
  );
};

/** Loads every part that is not here yet, so that a wall is whole before the centre goes away for a while. */
export const loadTheRest = async (): Promise<void> => {
  for (const load of loaders) await load();
};
