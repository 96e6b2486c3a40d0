import type { FeedState } from "@mingcheng/ui/data/event-feed.ts";
import { onScopeDispose, type Ref, watch } from "vue";

const programOf = (html: string): string | undefined => /<script[^>]+src="([^"]+)"/.exec(html)?.[1];

/** A part that is missing although the centre is there is asked for again after so long. */
const lackedForMs = 60_000;

/**
 * Loads the page again when the centre came back with another program than this one, or when a part of it could not be
 * loaded: nobody stands at a wall to do it.
 */
export const useUpgrade = (feedState: Readonly<Ref<FeedState>>): void => {
  const own = document.querySelector("script[type=module]")?.getAttribute("src") ?? undefined;
  let hasBroken = false;
  let lacks = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const noteLack = (event: Event): void => {
    // The import then answers with nothing, and what is here goes on.
    event.preventDefault();
    lacks = true;
    timer ??= setTimeout(() => {
      timer = undefined;
      if (feedState.value === "open") location.reload();
    }, lackedForMs);
  };
  addEventListener("vite:preloadError", noteLack);
  onScopeDispose(() => {
    removeEventListener("vite:preloadError", noteLack);
    clearTimeout(timer);
  });
  watch(feedState, async (state) => {
    if (state === "broken") hasBroken = true;
    if (state !== "open" || !hasBroken) return;
    hasBroken = false;
    if (lacks) {
      location.reload();
      return;
    }
    const html = await fetch(location.pathname, { cache: "no-store" }).then(
      (answer) => (answer.ok ? answer.text() : ""),
      () => "",
    );
    const offered = programOf(html);
    if (offered !== undefined && own !== undefined && offered !== own) location.reload();
  });
};
