import { readFile } from "node:fs/promises";
import type { ApiError, SetupChange, SetupDetection } from "@mingcheng/protocols";
import { encodeContinuousFrame } from "@mingcheng/protocols/devices";
import { afterEach, describe, expect, it } from "vitest";
import type { DeviceConfig } from "../../src/config/parse-config.ts";
import type { ByteStream } from "../../src/transports/byte-stream.ts";
import { openMemoryLine } from "./memory-line.ts";
import { openTestWeb, ownFile, type WebUnderTest } from "./test-web.ts";

let opened: WebUnderTest | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

const open = async (...setup: Parameters<typeof openTestWeb>) => {
  const web = await openTestWeb(...setup);
  opened = web;
  const cookie = await web.enter();
  const post = async (path: string, body: unknown): Promise<unknown> =>
    JSON.parse((await web.ask(path, { method: "POST", body, headers: { cookie } })).text);
  return { web, post };
};

const frame = encodeContinuousFrame({ value: "1.25", tare: null, unit: "kg", increment: 1, checksum: true });
const address = "tcp://192.168.8.21:4001";
const accepted = { id: "scale-1", protocol: "mt-continuous", address };

/** A scale that streams to whoever opens the line; what is written to it is kept. */
const streamingScale = () => {
  const written: Uint8Array[] = [];
  const openLine = async (): Promise<ByteStream> => openMemoryLine(address, frame, written);
  return { openLine, written };
};

const detected = async (
  post: (path: string, body: unknown) => Promise<unknown>,
  web: WebUnderTest,
): Promise<SetupDetection> => {
  await post("/setup/detect", { addresses: [address], seconds: 5 });
  return web.detected();
};

describe("the set-up page's work", () => {
  it("detects by listening alone, writes what was accepted and runs with it", async () => {
    const scale = streamingScale();
    const { web, post } = await open("127.0.0.1", {}, scale.openLine);
    expect(((await post("/setup/devices", accepted)) as ApiError).error.code).toBe("NOT_FOUND");
    const { findings } = await detected(post, web);
    expect(findings).toMatchObject([
      { outcome: "recognised", settings: null, device: null, candidates: [{ protocol: "mt-continuous" }] },
    ]);
    expect(scale.written).toEqual([]);
    expect((await post("/setup/devices", accepted)) as SetupChange).toMatchObject({ device: "scale-1", applied: true });
    expect(web.applied.map(({ config }) => config.devices.map(({ id }) => id))).toEqual([["scale-1"]]);
    expect(await readFile(web.file, "utf8")).toMatch(/^# 松柏市场\n/);
  });

  it("says to restart when what was written could not be applied", async () => {
    const apply = () => Promise.reject(new Error("planted"));
    const { web, post } = await open("127.0.0.1", { apply }, streamingScale().openLine);
    await detected(post, web);
    expect(await post("/setup/devices", accepted)).toMatchObject({ applied: false, file: web.file });
    expect(await readFile(web.file, "utf8")).toContain("scale-1");
  });

  it.each([
    ["the centre configures the devices", { version: () => 3 }, "SETUP_DEVICES_REMOTE"],
    ["the gateway has no file", { file: null }, "SETUP_FILE_UNWRITABLE"],
  ])("writes nothing when %s", async (_what, change, code) => {
    const { web, post } = await open("127.0.0.1", change, streamingScale().openLine);
    await detected(post, web);
    expect(((await post("/setup/devices", accepted)) as ApiError).error.code).toBe(code);
    expect(await readFile(web.file, "utf8")).toBe(ownFile);
    expect(web.applied).toEqual([]);
  });

  it("lets a device that is not heard rest while its port is looked at, whatever happens there", async () => {
    const said: string[] = [];
    const device = { id: "scale-1", address } as DeviceConfig;
    const supervisor = {
      status: () => [],
      deviceOf: () => device,
      release: async (id: string) => void said.push(`release ${id}`),
      adopt: ({ id }: DeviceConfig) => void said.push(`adopt ${id}`),
    };
    const config = () => ({ devices: [device] }) as never;
    const openLine = async (): Promise<ByteStream> => {
      said.push("open");
      throw new Error("planted");
    };
    const { web, post } = await open("127.0.0.1", { supervisor, config }, openLine);
    await detected(post, web);
    expect(said).toEqual(["release scale-1", "open", "adopt scale-1"]);
  });

  it.each(["nonsense", "tcp://nowhere", "folder:///tmp"])("names an address that is none: %s", async (wrong) => {
    const { post } = await open();
    const { error } = (await post("/setup/detect", { addresses: [wrong] })) as ApiError;
    expect(error).toMatchObject({ code: "INPUT_INVALID" });
    expect(error.detail).toContain(wrong);
  });

  it("looks at one thing at a time", async () => {
    const silent = async (): Promise<ByteStream> => openMemoryLine(address, new Uint8Array(), []);
    const { web, post } = await open("127.0.0.1", {}, silent);
    await post("/setup/detect", { addresses: [address], seconds: 60 });
    const second = (await post("/setup/detect", { addresses: [address] })) as ApiError;
    expect(second.error.code).toBe("DETECT_BUSY");
    await post("/setup/detect/stop", {});
    expect((await web.detected()).state).toBe("done");
  });
});
