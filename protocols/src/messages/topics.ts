import { gatewayIdPattern } from "../chain/line.ts";

const root = "mc/v1";

/** MQTT topics of one gateway. Data goes up on `rec`, `state`, `gone`, `keys`, `live`, `ack`, `bundle`; answers come down on `receipt`, `cmd`, `media`. */
export const topics = {
  records: (gw: string) => `${root}/${gw}/rec`,
  receipt: (gw: string) => `${root}/${gw}/receipt`,
  state: (gw: string, eid: string) => `${root}/${gw}/state/${eid}`,
  gone: (gw: string) => `${root}/${gw}/gone`,
  keys: (gw: string) => `${root}/${gw}/keys`,
  live: (gw: string, device: string) => `${root}/${gw}/live/${device}`,
  command: (gw: string) => `${root}/${gw}/cmd`,
  media: (gw: string) => `${root}/${gw}/media`,
  ack: (gw: string) => `${root}/${gw}/ack`,
  bundle: (gw: string, command: string) => `${root}/${gw}/bundle/${command}`,
} as const;

/** What a topic means. */
export type ParsedTopic =
  | { readonly channel: "rec" | "receipt" | "gone" | "keys" | "cmd" | "media" | "ack"; readonly gw: string }
  | { readonly channel: "bundle"; readonly gw: string; readonly command: string }
  | { readonly channel: "state"; readonly gw: string; readonly eid: string }
  | { readonly channel: "live"; readonly gw: string; readonly device: string };

/** Parses a topic; `undefined` for anything that is not exactly one of ours. */
export const parseTopic = (topic: string): ParsedTopic | undefined => {
  const parts = topic.split("/");
  const [mc, version, gw, channel, tail] = parts;
  if (mc !== "mc" || version !== "v1" || gw === undefined || !gatewayIdPattern.test(gw)) return undefined;
  if (parts.length === 4) {
    switch (channel) {
      case "rec":
      case "receipt":
      case "gone":
      case "keys":
      case "cmd":
      case "media":
      case "ack":
        return { channel, gw };
      default:
        return undefined;
    }
  }
  if (parts.length !== 5 || tail === undefined || tail === "") return undefined;
  if (channel === "state") return /^[0-9a-f]{32}$/.test(tail) ? { channel, gw, eid: tail } : undefined;
  if (channel === "bundle") return /^[0-9a-z][0-9a-z-]{0,63}$/.test(tail) ? { channel, gw, command: tail } : undefined;
  if (channel === "live") return { channel, gw, device: tail };
  return undefined;
};

/** Channels a gateway may publish to; everything else under its subtree it may only receive. */
export const uplinkChannels: readonly ParsedTopic["channel"][] = [
  "rec",
  "state",
  "gone",
  "keys",
  "live",
  "ack",
  "bundle",
];

/** Channels a gateway may subscribe to. */
export const downlinkChannels: readonly ParsedTopic["channel"][] = ["receipt", "cmd", "media"];
