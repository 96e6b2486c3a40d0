import type { FeedState } from "@mingcheng/ui/data/event-feed.ts";
import { type Ref, watch } from "vue";

const programOf = (html: string): string | undefined => /<script[^>]+src="([^"]+)"/.exec(html)?.[1];

/** Loads the page again when the centre came back with another program than this one: nobody stands at a wall to do it. */
export const useUpgrade = (feedState: Readonly<Ref<FeedState>>): void => {
  const own = document.querySelector("script[type=module]")?.getAttribute("src") ?? undefined;
  let hasBroken = false;
  watch(feedState, async (state) => {
    if (state === "broken") hasBroken = true;
    if (state !== "open" || !hasBroken) return;
    hasBroken = false;
    const html = await fetch(location.pathname, { cache: "no-store" }).then(
      (answer) => (answer.ok ? answer.text() : ""),
      () => "",
    );
    const offered = programOf(html);
    if (offered !== undefined && own !== undefined && offered !== own) location.reload();
  });
};
