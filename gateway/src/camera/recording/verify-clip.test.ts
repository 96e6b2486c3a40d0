import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRotation, keyIdOf, type Signer } from "@mingcheng/protocols";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../crypto/node-crypto.ts";
import { movieBegin } from "../media/movie-begin.ts";
import { ChannelStore } from "./channel-store.ts";
import { type ClipSigner, exportClip } from "./clip.ts";
import { Recorder } from "./recorder.ts";
import { verifyClip } from "./verify-clip.ts";

const signerOf = (): Signer => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(12);
  return { kid: keyIdOf(nodeCrypto.sha256, raw), publicKey: raw, sign: (octets) => sign(null, octets, privateKey) };
};

const gateway = signerOf();
const signing =
  (signer: Signer, keyLog: Uint8Array = new Uint8Array()): ClipSigner =>
  async (message) => ({ publicKey: signer.publicKey, keyLog, signature: signer.sign(message) });

const startMs = Date.parse("2026-11-25T12:00:00Z");
const request = {
  ...{ id: "c1", gw: "canteen-a", channel: "one", zone: "cooking", fromMs: startMs, toMs: startMs + 3_000 },
  ...{ cause: { type: "operator", ref: "case-7" }, by: "wang", at: "2026-11-25T20:05:00.000+08:00", sync: "ntp" },
};
// A sequence parameter set of 1280x720, baseline.
const sps = Buffer.from("67420028965402802dc8", "hex");
const { bytes: begin } = movieBegin({ codec: "h264", vps: null, sps, pps: Buffer.from("68ce3c80", "hex") });

let folder: string;
const clipBy = async (signer: ClipSigner): Promise<string> => {
  const store = await ChannelStore.open(join(folder, "one"));
  const nothing = (): undefined => undefined;
  const recorder = new Recorder({
    ...{ store, segmentMs: 1_000, refusal: nothing, onSegment: nothing, onGap: nothing, onFault: nothing },
  });
  const box = (type: string, length: number): Buffer => {
    const bytes = Buffer.alloc(length, 7);
    bytes.writeUInt32BE(length, 0);
    bytes.write(type, 4, "latin1");
    return bytes;
  };
  for (let index = 0; index < 15; index++) {
    const bytes = Buffer.concat([box("moof", 40), box("mdat", 200)]);
    const at = { wallMs: startMs + index * 200, monoMs: index * 200 };
    recorder.take({ begin, bytes, key: index % 5 === 0, durationMs: 200, ...at });
  }
  await recorder.close();
  return (await exportClip(store, join(folder, "clips"), request, signer)).folder;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "mc-clip-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const verdict = (clip: string, key: Uint8Array = gateway.publicKey): Promise<string> =>
  verifyClip(clip, key).then(
    () => "whole",
    (error: Error) => error.message,
  );

describe("a clip that was exported", () => {
  it("is whole, and the same again is the one that is there", async () => {
    const clip = await clipBy(signing(gateway));
    expect(await verdict(clip)).toBe("whole");
    expect(await clipBy(signing(signerOf()))).toBe(clip);
    expect(await verdict(clip)).toBe("whole");
  });

  it("is not taken for whole after any change", async () => {
    const clip = await clipBy(signing(gateway));
    const names = readdirSync(clip);
    expect(names).toEqual(["clip.json", "clip.sig.json", "part-1.mp4"]);
    for (const name of names) {
      const path = join(clip, name);
      const whole = readFileSync(path);
      const step = Math.max(1, Math.floor(whole.length / 25));
      for (let at = 2; at < whole.length - 1; at += step) {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] ?? 0) ^ 1;
        writeFileSync(path, changed);
        expect(await verdict(clip), `${name} at ${at}`).not.toBe("whole");
      }
      writeFileSync(path, whole.subarray(0, whole.length - 2));
      expect(await verdict(clip), `${name} cut`).not.toBe("whole");
      rmSync(path);
      expect(await verdict(clip), `${name} gone`).not.toBe("whole");
      writeFileSync(path, whole);
    }
    expect(await verdict(clip)).toBe("whole");
    writeFileSync(join(clip, "part-2.mp4"), "one more");
    expect(await verdict(clip)).toBe("part-2.mp4 does not belong to it");
  });

  it("is the gateway's own over rotations of its key, and nobody else's", async () => {
    const next = signerOf();
    const log = encodeRotation("canteen-a", gateway, next, "2026-11-25T20:00:00.000+08:00");
    const clip = await clipBy(signing(next, log));
    expect(await verdict(clip, gateway.publicKey)).toBe("whole");
    expect(await verdict(clip, next.publicKey)).toBe("whole");
    const stranger = signerOf();
    expect(await verdict(clip, stranger.publicKey)).toContain("a key that is not the gateway's");
  });
});
