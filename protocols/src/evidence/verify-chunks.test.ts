import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../test/node-crypto.ts";
import invalid from "../../vectors/evidence-invalid.json" with { type: "json" };
import keys from "../../vectors/keys.json" with { type: "json" };
import { fromHex, utf8 } from "../bytes/bytes.ts";
import { type AsyncCrypto, verifyChunks } from "./verify-chunks.ts";

const raw = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
const pinned = { gateway: raw(keys.gateway.publicKey), centre: raw(keys.centre.publicKey) };

/** Answers later, the last asked first. */
const late = (): AsyncCrypto => {
  const asked: (() => void)[] = [];
  return {
    sha256: nodeCrypto.sha256,
    verify: ({ publicKey, octets, signature }) =>
      new Promise((resolve) => {
        asked.push(() => resolve(nodeCrypto.verify(publicKey, octets, signature)));
        setImmediate(() => asked.pop()?.());
      }),
  };
};

async function* chunksOf(file: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = utf8(file);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe("evidence in chunks", () => {
  it("names the first fault, however the file is cut and in whatever order signatures are told", async () => {
    for (const { about, span, seq, file } of invalid.files) {
      for (const size of [1, 700, 1_000_000]) {
        const { ok, fault } = await verifyChunks(chunksOf(file, size), late(), pinned);
        expect({ about, ok, span: fault?.span, seq: fault?.seq }).toEqual({ about, ok: false, span, seq });
      }
    }
  });

  it("takes a signature that cannot be verified for one that does not hold", async () => {
    const refusing: AsyncCrypto = { sha256: nodeCrypto.sha256, verify: () => Promise.reject(new Error("no key")) };
    const { file } = invalid.files[0] ?? { file: "" };
    expect((await verifyChunks(chunksOf(file, 1000), refusing, pinned)).fault?.code).toBe("foreign-manifest");
  });
});
