import { toHex } from "../bytes/bytes.ts";
import type { Sha256 } from "./crypto-port.ts";

/** Key id of a raw 32-octet Ed25519 public key: the first 16 hexadecimal digits of its SHA-256. */
export const keyIdOf = (sha256: Sha256, publicKey: Uint8Array): string => toHex(sha256(publicKey)).slice(0, 16);

/** True when `text` has the form of a key id. */
export const isKeyId = (text: string): boolean => /^[0-9a-f]{16}$/.test(text);
