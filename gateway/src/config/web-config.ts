import { isIP } from "node:net";
import { z } from "zod";

const loopback: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

/** Whether nothing but this box can reach an address. */
export const isLoopback = (host: string): boolean => loopback.has(host);

const nameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, "须为小写域名 / must be a name in lower case");

/** The gateway's local web: set-up page. */
export const webSchema = z
  .strictObject({
    host: z
      .string()
      .refine((host) => isLoopback(host) || isIP(host) !== 0, "须为本机地址 / must be an address of this box")
      .default("127.0.0.1")
      .describe(
        "监听地址；127.0.0.1 只限本机（明文），其他地址自动使用 TLS（本机自签证书） / address to listen on; 127.0.0.1: this box only, in plain text; any other speaks TLS with a certificate made here.",
      ),
    port: z.int().min(0).max(65_535).default(8099).describe("端口，0 为任意空闲端口 / port, 0 takes any free one."),
    names: z
      .array(nameSchema)
      .max(16)
      .default([])
      .describe(
        "浏览器中可用的其他域名；IP 地址和本机名总是可以 / further names by which browsers may ask; addresses and the box's own name always work.",
      ),
  })
  .optional()
  .describe("安装设置网页；省略时不启动 / the local web with the set-up page; left out: none.");

/** See {@link webSchema}. */
export type WebConfig = NonNullable<z.output<typeof webSchema>>;
