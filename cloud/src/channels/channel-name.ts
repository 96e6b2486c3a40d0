import { z } from "zod";

/** Name of a channel: histories, figures and the routing call it by this. */
export const channelName = z
  .string()
  .regex(/^[a-z0-9-]{1,32}$/, "1 至 32 个小写字母、数字或 - / 1 to 32 small letters, digits or -")
  .describe("渠道名称 / name of the channel.");

/** A fault as `中文 / English` with the channel's name in front of both halves. */
export const aboutChannel = (name: string, fault: string): string =>
  fault.replace(/^(.*?) \/ (.*)$/su, (_, zh: string, en: string) => `${name}：${zh} / ${name}: ${en}`);
