import { createHmac } from "node:crypto";
import { ViewTokens } from "@mingcheng/protocols/media";

/** How the web thread lets viewers into the media thread: a key that only the two have, and where it listens. */
export interface MediaAccess {
  /** Made anew at every start. */
  readonly key: Uint8Array;
  readonly port: number;
}

/** Tokens under that key. */
export const viewTokensOf = ({ key }: Pick<MediaAccess, "key">): ViewTokens =>
  new ViewTokens({ mac: (bytes) => createHmac("sha256", key).update(bytes).digest() });
