import type { DiscardedEvent } from "../../framing/discarded-event.ts";
import { createFrameDecoder, type FrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, DeviceDecoder, DeviceEvent } from "../device-event.ts";
import { u16le } from "../tester-result.ts";
import { createDyGrammar, type DyFrame, dyMaxFrameBytes } from "./frame.ts";
import { type DyItem, type DyItemOf, dyItemsOf, dyResultsOf } from "./record.ts";
import { type DyMethod, dyCommands, dyIdentifyCommand, dyIdentifyText, dyMethods } from "./request.ts";

const methodOf = (command: number): DyMethod | undefined =>
  dyMethods.find((method) => Object.values(dyCommands[method]).includes(command));

const textOf = (data: Uint8Array): string => String.fromCharCode(...data);

/** A count request carries two times; the answer repeats them and adds the first record and the one after the last. */
const countRequestBytes = 8;

const request = ({ raw }: DyFrame, meaning: string, detail: string | null): DeviceEvent => ({
  event: "request",
  raw,
  meaning,
  detail,
});
const reply = ({ raw }: DyFrame, meaning: string, detail: string | null): DeviceEvent => ({
  event: "reply",
  raw,
  meaning,
  detail,
});

const countOf = (frame: DyFrame, method: DyMethod): DeviceEvent => {
  const { data } = frame;
  if (data.length <= countRequestBytes) return request(frame, "count", method);
  return reply(frame, "count", `${method} ${u16le(data, 8)} ${u16le(data, 10)}`);
};

/** Events of one frame. A request and an answer without data are the same bytes: both read as the request. */
const eventsOf = (frame: DyFrame, itemOf: DyItemOf): DeviceEvent[] => {
  const { command, parameters, data } = frame;
  if (command === dyIdentifyCommand) {
    return [textOf(data) === dyIdentifyText ? request(frame, "identify", null) : reply(frame, "identified", null)];
  }
  const method = methodOf(command);
  if (method === undefined) return [reply(frame, "other", command.toString(16))];
  const commands = dyCommands[method];
  if (command === commands.count) return [countOf(frame, method)];
  if (command === commands.items) {
    if (data.length === 0) return [request(frame, "items", `${method} ${parameters[1] ?? 0}`)];
    const names = dyItemsOf(data).map(({ name }) => name);
    return [reply(frame, "items", `${method} ${names.join(", ")}`)];
  }
  const index = u16le(parameters, 0) + u16le(parameters, 2) * 65_536;
  if (data.length === 0) return [request(frame, "read", `${method} ${index}`)];
  const results = dyResultsOf(method, frame, itemOf);
  return results.length === 0 ? [reply(frame, "empty", method)] : results;
};

type Heard = { readonly event: "frame"; readonly frame: DyFrame } | DiscardedEvent;

/** Learns the items from the answers it hears, at the place that the request before them named. */
const createListener = (): DeviceDecoder => {
  const frames: FrameDecoder<Heard> = createFrameDecoder(
    createDyGrammar((frame): Heard => ({ event: "frame", frame })),
    dyMaxFrameBytes,
  );
  const lists = new Map<DyMethod, (DyItem | undefined)[]>(dyMethods.map((method) => [method, []]));
  const asked = new Map<DyMethod, number>();
  const itemOf: DyItemOf = (method, item) => lists.get(method)?.[item];

  const learn = ({ command, parameters, data }: DyFrame) => {
    const method = methodOf(command);
    if (method === undefined || command !== dyCommands[method].items) return;
    const list = lists.get(method) ?? [];
    if (data.length === 0) {
      asked.set(method, 2 * (parameters[1] ?? 0));
      return;
    }
    const from = asked.get(method) ?? list.length;
    for (const [offset, item] of dyItemsOf(data).entries()) {
      if (from + offset < maxItems) list[from + offset] = item;
    }
    asked.delete(method);
  };
  const read = (event: Heard): DeviceEvent[] => {
    if (event.event === "discarded") return [event];
    learn(event.frame);
    return eventsOf(event.frame, itemOf);
  };
  return {
    push: (bytes) => frames.push(bytes).flatMap(read),
    idle: () => frames.idle().flatMap(read),
    end: () => frames.end().flatMap(read),
    pending: () => frames.pending(),
  };
};

/** Items of one method: their numbers are one byte. */
const maxItems = 256;

/** DY-3000, DY-6600 and DY-7200 food analysers. */
export const dy03ff: DeviceCodec = {
  id: "dy-03ff",
  displayName: { zh: "达元 DY-3000/6600/7200 食品综合分析仪", en: "DY-3000/6600/7200 food analyser" },
  deviceClass: "tester",
  maxPendingBytes: dyMaxFrameBytes + maxDiscardBytes,
  createDecoder: createListener,
};
