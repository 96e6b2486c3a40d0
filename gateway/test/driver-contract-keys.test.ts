import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandKinds } from "@mingcheng/protocols/commands";
import { deviceCodecOf, encodeSicsKeyReply, encodeSicsReply, mtSics } from "@mingcheng/protocols/devices";
import { describe, expect, it } from "vitest";
import { refusableCommands } from "../src/config/gateway-config.ts";
import type { DriverSession, SessionContext } from "../src/drivers/define-driver.ts";
import { drivers } from "../src/drivers/index.ts";
import { mtSicsDriver } from "../src/drivers/mt-sics.ts";
import { createMemoryLine } from "../src/transports/memory.ts";
import { settle, TestClock } from "./test-clock.ts";

const source = join(dirname(fileURLToPath(import.meta.url)), "..", "src");
const sources = readdirSync(source, { recursive: true, encoding: "utf8" }).filter(
  (name) => name.endsWith(".ts") && !name.endsWith(".test.ts"),
);
const naming = (pattern: RegExp): string[] =>
  sources
    .filter((name) => pattern.test(readFileSync(join(source, name), "utf8")))
    .map((name) => name.replaceAll("\\", "/"));

describe("keys that a command may press", () => {
  const keyed = drivers.flatMap(({ protocol, keys = {} }) =>
    Object.entries(keys).map(([key, word]) => [protocol, key, word] as const),
  );

  it("are read by the family's own codec as exactly that key", () => {
    expect(keyed.map(([protocol, key]) => `${protocol} ${key}`).sort()).toEqual([
      ...["mt-sics tare", "mt-sics zero", "nci zero", "toledo-8217 tare", "toledo-8217 zero"],
    ]);
    for (const [protocol, key, { bytes }] of keyed) {
      const decoder = deviceCodecOf(protocol).createDecoder();
      const meanings = [...decoder.push(bytes), ...decoder.end()].map((event) =>
        event.event === "request" ? event.meaning : event.event,
      );
      expect([protocol, meanings]).toEqual([protocol, [key]]);
    }
  });

  it("are never among what a driver sends by itself", () => {
    for (const [protocol, , { bytes }] of keyed) {
      const own = drivers.find((driver) => driver.protocol === protocol)?.requests ?? [];
      expect(own.map((request) => Buffer.from(request).toString("hex"))).not.toContain(
        Buffer.from(bytes).toString("hex"),
      );
    }
  });

  it("have one way to be pressed: from a signed command through supervisor and runner to the session", () => {
    expect(naming(/\.press\??\.?\(/).sort()).toEqual([
      "commanding/kinds/press-key.ts",
      "drivers/poll-session.ts",
      "supervisor/device-runner.ts",
      "supervisor/supervisor.ts",
    ]);
    expect(naming(/\bpressKey\b/).sort()).toEqual(["commanding/kinds/press-key.ts", "commanding/work-loader.ts"]);
  });

  it("can be refused by the gateway's own file, like every other kind", () => {
    expect([...refusableCommands].sort()).toEqual([...commandKinds].sort());
  });
});

describe("a session with keys", () => {
  const open = (replyTimeoutMs = 500) => {
    const clock = new TestClock();
    const [near, far] = createMemoryLine("scale");
    const written: string[] = [];
    const context: SessionContext = {
      ...{ deviceId: "scale-1", clock, wall: () => "", capture: async () => undefined, recall: async () => [] },
      marks: async () => ({ has: () => false, add: async () => undefined }),
      log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
      ...{ live: () => undefined, count: () => undefined },
    };
    const config = mtSicsDriver.configSchema.parse({ replyTimeoutMs });
    const session: DriverSession = mtSicsDriver.createSession(context, config);
    const stopping = new AbortController();
    let answers = (asked: string): Uint8Array | null =>
      asked.startsWith("SI")
        ? encodeSicsReply({ value: "0.100", unit: "kg", state: "stable" })
        : encodeSicsKeyReply({ key: asked.startsWith("Z") ? "zero" : "tare", value: "0.100", unit: "kg" });
    void (async () => {
      for (let bytes = await far.read(); bytes !== undefined; bytes = await far.read()) {
        const asked = Buffer.from(bytes).toString("latin1");
        written.push(asked.trim());
        const answer = answers(asked);
        if (answer !== null) await far.write(answer);
      }
    })();
    const running = session.run(near, stopping.signal).catch(() => undefined);
    const run = async (ms: number): Promise<void> => {
      for (let step = 0; step < ms; step += 50) {
        clock.advance(50);
        await settle();
      }
    };
    const stop = async (): Promise<void> => {
      stopping.abort();
      await run(500);
      await running;
    };
    return { session, written, run, stop, answer: (rule: typeof answers) => (answers = rule) };
  };

  it("writes read requests only until a key is pressed, then that key once, between two questions", async () => {
    const { session, written, run, stop } = open();
    await run(1_000);
    expect(new Set(written)).toEqual(new Set(["SI"]));
    const pressed = session.press?.("tare");
    await run(1_000);
    expect(await pressed).toEqual({ outcome: "done", said: "0.100" });
    expect(written.filter((asked) => asked === "T")).toHaveLength(1);
    expect(written.at(-1)).toBe("SI");
    await stop();
    expect(mtSics.id).toBe("mt-sics");
  });

  it("tells a scale that refuses from one that says nothing, and from a line that is not there", async () => {
    const { session, run, stop, answer } = open();
    await run(300);
    answer((asked) => (asked.startsWith("Z") ? Buffer.from("Z +\r\n") : null));
    const refused = session.press?.("zero");
    await run(2_000);
    expect(await refused).toEqual({ outcome: "refused", said: "above-range" });
    answer(() => null);
    const unanswered = session.press?.("zero");
    await run(2_000);
    expect(await unanswered).toMatchObject({ outcome: "unanswered" });
    await stop();
    expect(await session.press?.("zero")).toMatchObject({ outcome: "offline" });
  });
});
