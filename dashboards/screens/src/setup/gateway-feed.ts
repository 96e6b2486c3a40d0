import type { SetupDetection, SetupEvents, SetupState, SetupValue } from "@mingcheng/protocols";
import type { FeedState } from "@mingcheng/ui/data/event-feed.ts";
import { onUnmounted, type ShallowRef, shallowRef } from "vue";

/** What the gateway tells while the page is open. */
export interface GatewayFeed {
  readonly connection: ShallowRef<FeedState>;
  readonly state: ShallowRef<SetupState | null>;
  readonly detection: ShallowRef<SetupDetection | null>;
  /** The last unsettled value and the last record of every device, as `live` or `captured`, blank, id. */
  readonly values: ShallowRef<ReadonlyMap<string, SetupValue>>;
}

/** Listens from now until the page goes. `onEnd`: the gateway does not let this page listen any more. */
export const useGatewayFeed = (onEnd: () => void): GatewayFeed => {
  const feed: GatewayFeed = {
    connection: shallowRef("connecting"),
    state: shallowRef(null),
    detection: shallowRef(null),
    values: shallowRef(new Map()),
  };
  const source = new EventSource("/setup/events");
  const on = <Name extends keyof SetupEvents>(name: Name, take: (data: SetupEvents[Name]) => void): void => {
    source.addEventListener(name, (event) => take(JSON.parse((event as MessageEvent<string>).data)));
  };
  on("state", (state) => {
    feed.connection.value = "open";
    feed.state.value = state;
  });
  on("detection", (detection) => {
    feed.detection.value = detection;
  });
  on("value", (value) => {
    feed.values.value = new Map(feed.values.value).set(`${value.what} ${value.device}`, value);
  });
  source.addEventListener("error", () => {
    feed.connection.value = "broken";
    // The browser tries again by itself unless it was answered with a refusal.
    if (source.readyState === EventSource.CLOSED) onEnd();
  });
  onUnmounted(() => source.close());
  return feed;
};
