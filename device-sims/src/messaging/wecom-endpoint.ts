import { queryParameters } from "./acs3-check.ts";
import type { ProviderAnswer, ProviderRequest } from "./provider-request.ts";
import type { ProviderState } from "./provider-state.ts";
import { codeOwner } from "./told-code.ts";

const mostBytes = { text: 2_048, markdown: 4_096 } as const;

const said = (errcode: number, errmsg: string): ProviderAnswer => ({ status: 200, content: { errcode, errmsg } });

interface RobotMessage {
  readonly msgtype?: unknown;
  readonly text?: { readonly content?: unknown; readonly mentioned_list?: unknown };
  readonly markdown?: { readonly content?: unknown };
}

const messageIn = (body: string): RobotMessage | undefined => {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as RobotMessage) : undefined;
  } catch {
    return undefined;
  }
};

/** Answers as a WeCom group robot does: `POST /cgi-bin/webhook/send?key=…`, 20 messages a minute. */
export const answerAsWecom = (state: ProviderState, key: string, request: ProviderRequest): ProviderAnswer => {
  if (queryParameters(request.query).get("key") !== key) return said(93_000, "invalid webhook url");
  const { answer } = state.behaviour;
  if (codeOwner(answer) === "wecom") return said(Number(answer), "as told");
  const message = messageIn(request.body);
  if (message?.msgtype !== "text" && message?.msgtype !== "markdown") return said(40_008, "invalid message type");
  const content = message[message.msgtype]?.content;
  if (typeof content !== "string") return said(40_058, "invalid parameter");
  if (content === "") return said(44_004, "empty content");
  if (Buffer.byteLength(content) > mostBytes[message.msgtype]) return said(45_002, "content too long");
  if (state.counter.take(`wecom/${key}`, state.limits.wecom, state.nowMs()) !== undefined) {
    return said(45_009, "api freq out of limit");
  }
  const mentioned = message.text?.mentioned_list;
  const reference = Array.isArray(mentioned) ? mentioned.join(",") : "";
  state.accept({ provider: "wecom", phone: "", template: message.msgtype, reference, text: content });
  return said(0, "ok");
};
