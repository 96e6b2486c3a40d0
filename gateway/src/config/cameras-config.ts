import { isIP } from "node:net";
import { cameraZones, deviceIdPattern } from "@mingcheng/protocols";
import { z } from "zod";
import { channelKeeping, recordingSchema, stillsSchema, watchSchema } from "./recording-config.ts";
import { isLoopback } from "./web-config.ts";

const usualNetworks = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"];

const network = z
  .string()
  .regex(/^[0-9a-f.:]{2,45}(\/\d{1,3})?$/i, "须为网段，例如 192.168.1.0/24 / must be a network such as 192.168.1.0/24");

const address = z
  .string()
  .max(1024)
  .regex(
    /^rtsps?:\/\/[^\s@\\]+$/,
    "须为 rtsp://地址/路径，不带用户名和密码 / must be rtsp://address/path, without user and password",
  );

/** One camera. */
export const channelSchema = z
  .strictObject({
    id: z
      .string()
      .regex(deviceIdPattern, "须为 1-64 个字母、数字或 . _ - / must be 1 to 64 letters, digits or . _ -")
      .describe("通道编号，即记录中的设备编号 / id of the channel; in records the id of the device."),
    zone: z
      .enum(cameraZones)
      .default("other")
      .describe(`拍摄区域 / where it looks: ${cameraZones.join(", ")}.`),
    address: address.describe(
      "主码流地址 / address of the main stream, such as rtsp://192.168.1.64:554/Streaming/Channels/101.",
    ),
    subAddress: address
      .optional()
      .describe(
        "子码流地址（小画面，多画面墙用）；省略则只用主码流 / address of the small stream for walls of pictures; left out: the main one.",
      ),
    user: z
      .string()
      .max(64)
      .nullable()
      .default("admin")
      .describe(
        "用户名；密码用 mingcheng-gateway camera password 设置；null 为不需要 / user; its password is set with mingcheng-gateway camera password; null: none is needed.",
      ),
    transport: z
      .enum(["tcp", "udp"])
      .default("tcp")
      .describe("RTP 传输方式：tcp、udp / how pictures travel: tcp, udp."),
    insecureTransport: z
      .boolean()
      .default(false)
      .describe("rtsp:// 为明文，必须写 true 表示知情 / rtsp:// is plain text: say true to show that you know."),
    sound: z
      .boolean()
      .default(false)
      .describe(
        "允许声音；默认丢弃（保护员工隐私） / true lets sound through; it is dropped otherwise, for the staff's sake.",
      ),
    compatibility: z
      .enum(["node-rtsp-stream"])
      .optional()
      .describe(
        "旧浏览器的兼容画面：用 node-rtsp-stream 转码为 MPEG-1（每路占约一个 CPU 核），有人看时才运行；省略则不提供 / for old browsers: recoded to MPEG-1 with node-rtsp-stream, about a core each, only while somebody watches it; left out: not offered.",
      ),
    ...channelKeeping,
  })
  .refine(({ address: main, insecureTransport }) => main.startsWith("rtsps:") || insecureTransport, {
    path: ["insecureTransport"],
    message: "rtsp:// 为明文，须写 insecureTransport: true / rtsp:// is plain text: write insecureTransport: true",
  });

/** Cameras of a site. */
export const camerasSchema = z
  .strictObject({
    subnets: z
      .array(network)
      .min(1)
      .max(32)
      .default(usualNetworks)
      .describe("摄像机所在网段，只连接这些地址 / networks of cameras; no other address is ever connected to."),
    view: z
      .strictObject({
        host: z
          .string()
          .refine((host) => isLoopback(host) || isIP(host) !== 0, "须为本机地址 / must be an address of this box")
          .default("127.0.0.1")
          .describe("监听地址；非本机回环时使用 TLS / address to listen on; TLS unless it is loopback."),
        port: z.int().min(0).max(65_535).default(8097).describe("端口，0 为任意空闲端口 / port, 0 takes any free one."),
      })
      .optional()
      .describe(
        "本地观看（无需外网），登录与设置网页共用；省略时不启动 / viewing on the spot, also without internet, with the login of the set-up page; left out: none.",
      ),
    watch: watchSchema,
    recording: recordingSchema,
    stills: stillsSchema,
    memoryMiB: z
      .int()
      .min(48)
      .max(1024)
      .default(128)
      .describe("摄像机进程的 JavaScript 内存上限 / limit of the camera process's JavaScript memory, in MiB."),
    channels: z.array(channelSchema).max(64).default([]).describe("摄像机 / cameras."),
  })
  .refine(({ channels }) => new Set(channels.map(({ id }) => id)).size === channels.length, {
    path: ["channels"],
    message: "通道编号重复 / two channels have the same id",
  })
  .optional()
  .describe("摄像机；省略时不启动摄像机进程 / cameras; left out: no camera process runs.");

/** See {@link camerasSchema}. */
export type CamerasConfig = NonNullable<z.output<typeof camerasSchema>>;

/** See {@link channelSchema}. */
export type ChannelConfig = z.output<typeof channelSchema>;
