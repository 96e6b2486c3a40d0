import { MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import { aboutChannel } from "../channel-name.ts";
import { type MessageTemplate, messageTemplates, type ShortMessage, shortMessage } from "../message.ts";
import { oneSegment, segmentUnits } from "./ucs2.ts";

/** Signature in front of texts that no provider puts one in front of: 2 to 30 letters or digits, without 【】. */
export const ownSignature = z
  .string()
  .regex(
    /^[\p{Script=Han}A-Za-z0-9]{2,30}$/u,
    "2 至 30 个汉字、字母或数字，不带【】 / 2 to 30 letters or digits, without 【】",
  );

/** What the wording of a channel that sends our own sentences depends on. */
export interface OwnTextSettings {
  readonly signName?: string | undefined;
  readonly concatenate: boolean;
}

const signature = ({ signName }: OwnTextSettings): string => (signName === undefined ? "" : `【${signName}】`);

const longest = (name: MessageTemplate): number => {
  const filled = Object.entries(messageTemplates[name].variables).map(([variable, chars]) => [
    variable,
    "满".repeat(chars),
  ]);
  return shortMessage(name, Object.fromEntries(filled)).text.length;
};

/** What is wrong with a signature: with it a message could need more than one segment. Undefined when nothing is. */
export const signatureFault = (settings: OwnTextSettings): string | undefined => {
  if (settings.concatenate) return undefined;
  const units = Math.max(...(Object.keys(messageTemplates) as MessageTemplate[]).map(longest));
  const most = segmentUnits - units - 2;
  if (signature(settings).length <= most + 2) return undefined;
  const total = units + signature(settings).length;
  const zh = `加上此签名，一条短信可达 ${total} 字，单条上限 ${segmentUnits} 字；签名最多 ${most} 字，或设置 concatenate`;
  const en = `with this signature a message can have ${total} characters and one has ${segmentUnits}; at most ${most} characters, or set concatenate`;
  return `${zh} / ${en}`;
};

/** For opening. @throws {MingchengError} CHANNEL_INVALID naming `signName` */
export const refuseSignature = (channel: string, settings: OwnTextSettings): void => {
  const fault = signatureFault(settings);
  if (fault === undefined) return;
  throw new MingchengError("CHANNEL_INVALID", aboutChannel(channel, fault), { field: "channels.signName" });
};

/** The text as the telephone shows it. Without `concatenate` it is one segment, whatever names it holds. */
export const ownText = (message: ShortMessage, settings: OwnTextSettings): string => {
  const text = `${signature(settings)}${message.text}`;
  return settings.concatenate ? text : oneSegment(text);
};
