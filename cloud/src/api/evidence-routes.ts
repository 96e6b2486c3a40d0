import { keyIdOf, toHex } from "@mingcheng/protocols";
import { evidenceKeysSchema } from "@mingcheng/protocols/api";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { type ApiRoute, defineRoute } from "./api-route.ts";

/** What the routes about evidence work with. */
export interface EvidenceRoutePorts {
  readonly centreName: string;
  /** Public half of the key that signs manifests. */
  readonly manifestKey: Uint8Array;
}

/**
 * The centre's own key for verifying. Public like the page that uses it; it names no gateway, so that nobody learns here
 * which there are.
 */
export const evidenceRoutes = ({ centreName, manifestKey }: EvidenceRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/evidence/keys",
    summary: { zh: "本中心签署证据清单的公钥", en: "The public key with which this centre signs evidence manifests" },
    access: "public",
    scope: "none",
    answer: evidenceKeysSchema,
    handle: () => ({
      centreName,
      centre: toHex(manifestKey),
      kid: keyIdOf(nodeCrypto.sha256, manifestKey),
    }),
  }),
];
