import { fromHex, keyIdOf } from "@mingcheng/protocols";
import { type AsyncCrypto, evidenceStatement, verifyChunks } from "@mingcheng/protocols/evidence";
import { sha256 } from "./sha256.ts";
import type { VerificationMessage, VerificationRequest } from "./verification.ts";

const chunkBytes = 1024 * 1024;

const say = (message: VerificationMessage): void => postMessage(message);

async function* chunksOf(file: File): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.size; at += chunkBytes) {
    yield new Uint8Array(await file.slice(at, at + chunkBytes).arrayBuffer());
  }
}

const keys = new Map<string, Promise<CryptoKey>>();

const keyOf = (publicKey: Uint8Array): Promise<CryptoKey> => {
  const name = String(publicKey);
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = crypto.subtle.importKey("raw", new Uint8Array(publicKey), { name: "Ed25519" }, false, ["verify"]);
  keys.set(name, key);
  return key;
};

const browserCrypto: AsyncCrypto = {
  sha256,
  verify: async ({ publicKey, octets, signature }) =>
    crypto.subtle.verify(
      { name: "Ed25519" },
      await keyOf(publicKey),
      new Uint8Array(signature),
      new Uint8Array(octets),
    ),
};

/** Ed25519 of RFC 8032 §7.1, test 1: a browser that cannot tell it must not say "not good" of anything. */
const canVerify = async (): Promise<boolean> => {
  const octets = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
  const signature = octets(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  );
  const publicKey = octets("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  const fault = { span: null, seq: null, code: "seal-broken", reason: { zh: "", en: "" } } as const;
  return browserCrypto.verify({ publicKey, octets: new Uint8Array(), signature, fault }).catch(() => false);
};

const verify = async ({ file, pinned, isOwn }: VerificationRequest): Promise<void> => {
  if (!(await canVerify())) {
    say({ kind: "unsupported" });
    return;
  }
  const startedAt = performance.now();
  let read = 0;
  const raw = (hex: string): Uint8Array => fromHex(hex) ?? new Uint8Array();
  const keysOfReader = { gateway: raw(pinned.gateway), centre: raw(pinned.centre) };
  try {
    const report = await verifyChunks(chunksOf(file), browserCrypto, keysOfReader, (bytes) => {
      read += bytes;
      say({ kind: "progress", read });
    });
    const seconds = (performance.now() - startedAt) / 1000;
    const used = { gateway: keyIdOf(sha256, keysOfReader.gateway), centre: keyIdOf(sha256, keysOfReader.centre) };
    say({ kind: "report", report, statement: evidenceStatement(report, { isOwn }), used, seconds });
  } catch {
    // Only reading the file can fail: it was moved, or changed while it was read.
    say({ kind: "unreadable" });
  }
};

addEventListener("message", ({ data }: MessageEvent<VerificationRequest>) => void verify(data), { once: true });
