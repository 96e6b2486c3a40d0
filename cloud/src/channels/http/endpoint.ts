import { z } from "zod";

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** True for names and addresses of this machine itself: nothing that is sent there leaves it. */
export const isLoopback = (hostname: string): boolean => loopback.test(hostname);

/** True for the address of something that plays a provider on this machine: plain HTTP on loopback, no path. */
const isLocalStandIn = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash } = new URL(text);
  return protocol === "http:" && isLoopback(hostname) && pathname === "/" && search === "" && hash === "";
};

/** Settings that every provider behind HTTP has. */
export const providerFields = {
  timeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(10_000)
    .describe("每次请求的时限，毫秒 / limit of a request, milliseconds."),
  endpoint: z
    .string()
    .max(256)
    .refine(
      isLocalStandIn,
      "只能是本机模拟器 http://127.0.0.1:<port> / only a simulator on this machine, http://127.0.0.1:<port>",
    )
    .optional()
    .describe("仅用于本机模拟器 / only for a simulator on this machine."),
};
