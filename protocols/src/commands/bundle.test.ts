import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../test/node-crypto.ts";
import { concat, toHex, utf8 } from "../bytes/bytes.ts";
import { bundleMessages, bundlePieceBytes, readBundlePiece } from "./bundle.ts";

describe("a bundle in pieces", () => {
  it.each([1, bundlePieceBytes, bundlePieceBytes + 1, 3 * bundlePieceBytes - 7])(
    "of %i bytes comes together again",
    (size) => {
      const bundle = Uint8Array.from({ length: size }, (_, index) => index % 251);
      const sha256 = toHex(nodeCrypto.sha256(bundle));
      const pieces = bundleMessages(bundle, sha256).map(readBundlePiece);
      expect(pieces.map((piece) => piece?.head.index)).toEqual(pieces.map((_, index) => index));
      expect(toHex(nodeCrypto.sha256(concat(...pieces.map((piece) => piece?.bytes ?? new Uint8Array()))))).toBe(sha256);
    },
  );

  it("is nothing else", () => {
    const head = (value: object): Uint8Array => utf8(`${JSON.stringify(value)}\n`);
    const good = { v: 1, sha256: "ab".repeat(32), index: 0, pieces: 1 };
    expect(readBundlePiece(head(good))).toMatchObject({ head: good });
    expect(readBundlePiece(head({ ...good, index: 1 }))).toBeUndefined();
    expect(readBundlePiece(head({ ...good, pieces: 99 }))).toBeUndefined();
    expect(readBundlePiece(utf8("no line"))).toBeUndefined();
    expect(readBundlePiece(concat(head(good), new Uint8Array(2 * bundlePieceBytes)))).toBeUndefined();
  });
});
