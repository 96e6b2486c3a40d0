import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { MingchengError } from "@mingcheng/protocols";
import type { RuleText } from "../../rules/parse-rules.ts";
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
export const loadRouting = async (path: string | null): Promise<Routing> => {
  const read = parseRouting(await routingText(path));
  if ("routing" in read) return read.routing;
  const [first] = read.issues;
  const more = read.issues.length > 1 ? ` (and ${read.issues.length - 1} more)` : "";
  const place = `${first?.file ?? ""}:${first?.line ?? 0}:${first?.column ?? 0}`;
  const message = `${place}: ${first?.message ?? "not valid"}${more}`;
  throw new MingchengError("ROUTING_INVALID", message, { field: first?.field ?? "" });
};
