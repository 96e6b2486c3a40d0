import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../device-sims/src/clock.ts";
import { until } from "../../device-sims/src/harness/until.ts";
import { openPtyLine } from "../../device-sims/src/transports/pty-line.ts";
import type { ByteStream, SerialSettings } from "../src/transports/byte-stream.ts";
import { openSerial } from "../src/transports/serial.ts";

const folder = mkdtempSync(join(tmpdir(), "mingcheng-serial-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const settings: SerialSettings = { baudRate: 9600, dataBits: 7, parity: "even", stopBits: 1 };
const willing = new AbortController().signal;

/** Opens the port as soon as it is there. */
const openSoon = (path: string): Promise<ByteStream> =>
  until(() => openSerial(path, settings, willing).catch(() => undefined), { what: `${path} opens`, withinMs: 10_000 });

/** Reads until the line is gone; what it says then. */
const readToEnd = async (stream: ByteStream): Promise<{ bytes: number; fault: unknown }> => {
  let bytes = 0;
  try {
    for (;;) {
      const chunk = await stream.read();
      if (chunk === undefined) return { bytes, fault: undefined };
      bytes += chunk.length;
    }
  } catch (fault) {
    return { bytes, fault };
  }
};

describe("a serial port", () => {
  it("notices every time that the adapter is pulled out, also in the middle of what the device says", async () => {
    const line = await openPtyLine(join(folder, "scale"));
    for (let pulls = 0; pulls < 8; pulls++) {
      const stream = await openSoon(line.address);
      const ended = readToEnd(stream);
      await until(() => line.connection() > 0, { what: "the device sees the connection", withinMs: 10_000 });
      // Pulled while bytes are under way: some arrive, and then nothing more may be awaited.
      for (let frames = 0; frames < 5; frames++) line.send(new Uint8Array(18).fill(0x20));
      if (pulls % 2 === 0) await systemClock.sleep(pulls * 5);
      line.drop();
      expect((await ended).fault).toMatchObject({ code: "DEVICE_DISCONNECTED", retryable: true });
      await expect(stream.write(Uint8Array.of(6))).rejects.toMatchObject({ code: "DEVICE_DISCONNECTED" });
      await stream.close();
    }
    await line.close();
  });

  it("can be closed at any moment, also while a read is under way", async () => {
    const line = await openPtyLine(join(folder, "hasty"));
    for (let opened = 0; opened < 20; opened++) {
      const stream = await openSoon(line.address);
      const ended = readToEnd(stream);
      // No wait in between: the system is still asked for bytes when the port goes.
      await stream.close();
      expect(await ended).toEqual({ bytes: 0, fault: undefined });
    }
    await line.close();
  });

  it("carries answers to the device, and is free for the next after it was closed", async () => {
    const line = await openPtyLine(join(folder, "tester"));
    const heard: number[] = [];
    line.listen({ bytes: (bytes) => void heard.push(...bytes), up: () => {}, down: () => {} });
    for (let opened = 1; opened <= 2; opened++) {
      const stream = await openSoon(line.address);
      await stream.write(Uint8Array.of(0x06));
      await until(() => heard.length === opened, { what: "the answer arrives", withinMs: 10_000 });
      await expect(openSerial(line.address, settings, willing)).rejects.toMatchObject({ code: "DEVICE_OPEN_FAILED" });
      await stream.close();
      await until(() => line.connection() === 0, { what: "the device sees that nobody listens", withinMs: 10_000 });
    }
    await line.close();
  });
});
