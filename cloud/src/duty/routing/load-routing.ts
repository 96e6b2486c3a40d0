import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { MingchengError } from "@mingcheng/protocols";
import { issuesError, type RuleText } from "../../rules/parse-rules.ts";
import { parseRouting } from "./parse-routing.ts";
import type { Routing } from "./routing.ts";

/** The routing that comes with the centre: that of Putian, by level. */
export const builtInRouting = fileURLToPath(new URL("../../../routing/putian.yaml", import.meta.url));

/**
 * Text of a routing file, or of the built-in one.
 * @throws {MingchengError} ROUTING_INVALID when it cannot be read
 */
export const routingText = async (path: string | null): Promise<RuleText> => {
  try {
    const text = await readFile(path ?? builtInRouting, "utf8");
    return { file: path ?? basename(builtInRouting), text };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MingchengError("ROUTING_INVALID", reason, { field: "routing", cause });
  }
};

/**
 * Loads a routing file, or the built-in routing when `path` is null.
 * @throws {MingchengError} ROUTING_INVALID naming file, line and field of the first mistake and how many there are
 */
export const loadRouting = async (path: string | null): Promise<Routing> => readRouting(await routingText(path));

/** Reads a routing text. @throws {MingchengError} ROUTING_INVALID as {@link loadRouting} */
export const readRouting = (text: RuleText): Routing => {
  const read = parseRouting(text);
  if ("routing" in read) return read.routing;
  throw issuesError("ROUTING_INVALID", read.issues);
};

/** A channel as far as a routing has to know it. */
export interface NamedChannel {
  readonly name: string;
  readonly reach: "person" | "room";
}

/**
 * Reads a routing text of a centre with these channels, at its start and whenever the file changes.
 * @throws {MingchengError} ROUTING_INVALID as {@link readRouting} and {@link requireChannels}
 */
export const readRoutingFor = (text: RuleText, channels: readonly NamedChannel[]): Routing => {
  const routing = readRouting(text);
  requireChannels(routing, channels);
  return routing;
};

/**
 * Sees that every channel that a routing names is there, and reaches people.
 * @throws {MingchengError} ROUTING_INVALID naming the channel
 */
export const requireChannels = (routing: Routing, channels: readonly NamedChannel[]): void => {
  const people = channels.filter(({ reach }) => reach === "person").map(({ name }) => name);
  const named = [routing.channels, ...routing.routes.map((route) => route.channels)].flat();
  const missing = named.find((name) => !people.includes(name));
  if (missing === undefined) return;
  const known = people.join(", ");
  const message = `没有名为 ${missing} 的对人渠道，有：${known} / no channel to people is called ${missing}: ${known}`;
  throw new MingchengError("ROUTING_INVALID", message, { field: "channels" });
};
