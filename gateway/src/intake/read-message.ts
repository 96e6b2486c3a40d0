import { fromUtf8 } from "@mingcheng/protocols";
import { type IntakeChannel, intakeChannels, type MessageNote, unknownMembers } from "@mingcheng/protocols/intake";
import { fieldOf, parseWith } from "../config/config-issue.ts";

type Checked<Channel extends IntakeChannel> = ReturnType<(typeof intakeChannels)[Channel]["parse"]>;

/** A message that fits its channel's schema. */
export type ReadMessage = {
  readonly [Channel in IntakeChannel]: {
    readonly channel: Channel;
    readonly message: Checked<Channel>;
    /** As parsed, unknown members included. */
    readonly said: Readonly<Record<string, unknown>>;
    readonly unknown: readonly MessageNote[];
  };
}[IntakeChannel];

/** The message, or everything that is wrong with it; `id` where one can be read. */
export type ReadOutcome =
  | { readonly read: ReadMessage }
  | { readonly id: string | null; readonly faults: readonly MessageNote[] };

/** Nesting beyond this is nobody's message. */
const maxDepth = 8;

const depthOf = (value: unknown, limit: number): number => {
  if (typeof value !== "object" || value === null || limit === 0) return 0;
  return 1 + Math.max(0, ...Object.values(value).map((inner) => depthOf(inner, limit - 1)));
};

const parse = (bytes: Uint8Array): Record<string, unknown> | MessageNote => {
  const fault = (zh: string, en: string): MessageNote => ({ field: "", zh, en });
  const text = fromUtf8(bytes);
  if (text === undefined) return fault("不是 UTF-8", "not UTF-8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fault("不是 JSON", "not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return fault("须为 JSON 对象", "must be a JSON object");
  if (depthOf(value, maxDepth + 1) > maxDepth) return fault("嵌套过深", "nested too deeply");
  return value as Record<string, unknown>;
};

const isNote = (value: Record<string, unknown> | MessageNote): value is MessageNote =>
  Object.keys(value).join() === "field,zh,en" && (value as MessageNote).field === "";

const unknownNotes = (said: unknown, known: unknown): MessageNote[] =>
  unknownMembers(said, known).map((field) => ({
    field,
    zh: "没有这个字段，仅保留在原始报文中",
    en: "is no member we know; it is kept in the raw message only",
  }));

/** Reads one message. Unknown members are no fault: they stay in the raw bytes, and the answer says so. */
export const readMessage = (channel: IntakeChannel, bytes: Uint8Array): ReadOutcome => {
  const said = parse(bytes);
  if (isNote(said)) return { id: null, faults: [said] };
  const given = said["id"];
  const id = typeof given === "string" ? given.slice(0, 64) : null;
  const parsed = parseWith<unknown>(intakeChannels[channel], said, []);
  if ("findings" in parsed) {
    return { id, faults: parsed.findings.map(({ path, zh, en }) => ({ field: fieldOf(path), zh, en })) };
  }
  const { data } = parsed;
  return { read: { channel, message: data, said, unknown: unknownNotes(said, data) } as ReadMessage };
};
