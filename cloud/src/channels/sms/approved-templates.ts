import { MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import { aboutChannel } from "../channel-name.ts";
import { type MessageTemplate, messageTemplates } from "../message.ts";
import { type ProviderRules, type TextPart, textFaults } from "./approved-text.ts";

/** Names of our messages; a provider needs an approved template for each. */
export const messageNames = Object.keys(messageTemplates) as MessageTemplate[];

/** A signature as providers approve it: 2 to 12 characters, without the 【】 that they put around it. */
export const signatureSchema = z
  .string()
  .regex(
    /^[\p{Script=Han}A-Za-z0-9]{2,12}$/u,
    "2 至 12 个汉字、字母或数字，不带【】 / 2 to 12 letters or digits, without 【】",
  );

/** Settings that name an approved template for each of our messages. */
export const templatesSchema = <Entry extends z.ZodType>(
  entry: Entry,
): z.ZodRecord<z.ZodEnum<{ [Name in MessageTemplate]: Name }>, Entry> =>
  z.record(z.enum(messageNames) as unknown as z.ZodEnum<{ [Name in MessageTemplate]: Name }>, entry);

/** Something wrong with an approved text. */
export interface TemplateFault {
  readonly template: MessageTemplate;
  readonly message: string;
}

/** Everything that is wrong with the approved texts of a channel. */
export const templateFaults = (
  texts: Readonly<Record<MessageTemplate, readonly TextPart[]>>,
  rules: ProviderRules,
): readonly TemplateFault[] =>
  messageNames.flatMap((template) =>
    textFaults(template, texts[template], rules).map((message) => ({ template, message })),
  );

/** For schemas: reports faults at the `text` of their template, so that a configuration is refused with its line. */
export const reportFaults = (faults: readonly TemplateFault[], context: z.core.$RefinementCtx): void => {
  for (const { template, message } of faults) {
    context.addIssue({ code: "custom", path: ["templates", template, "text"], message });
  }
};

/** For opening. @throws {MingchengError} CHANNEL_INVALID naming the template */
export const refuseFaults = (channel: string, [first]: readonly TemplateFault[]): void => {
  if (first === undefined) return;
  const field = `channels.templates.${first.template}.text`;
  throw new MingchengError("CHANNEL_INVALID", aboutChannel(channel, first.message), { field });
};
