import type { EvidenceReport, EvidenceStatement } from "@mingcheng/protocols";

/** Public keys to verify with, 64 hexadecimal digits each. */
export interface PinnedTexts {
  readonly gateway: string;
  readonly centre: string;
}

/** What the worker is asked, once. */
export interface VerificationRequest {
  readonly file: File;
  readonly pinned: PinnedTexts;
  /** True when the keys come from the same place as the file. */
  readonly isOwn: boolean;
}

/** Key ids of the keys that were used: what can be read out and compared. */
export interface UsedKeys {
  readonly gateway: string;
  readonly centre: string;
}

/** What the worker says: how far it is, and at last one outcome. */
export type VerificationMessage =
  | { readonly kind: "progress"; readonly read: number }
  | {
      readonly kind: "report";
      readonly report: EvidenceReport;
      readonly statement: EvidenceStatement;
      readonly used: UsedKeys;
      readonly seconds: number;
    }
  /** The browser has no Ed25519, or the page came over an insecure connection. */
  | { readonly kind: "unsupported" }
  | { readonly kind: "unreadable" };

const keyPattern = /^[0-9a-f]{64}$/;

/** Reads pasted keys: what `mingcheng-cloud keys --gateway <id> --json` prints. Undefined for anything else. */
export const parsePinned = (text: string): PinnedTexts | undefined => {
  try {
    const { gateway, centre } = JSON.parse(text) as Partial<PinnedTexts>;
    if (gateway === undefined || centre === undefined) return undefined;
    return keyPattern.test(gateway) && keyPattern.test(centre) ? { gateway, centre } : undefined;
  } catch {
    return undefined;
  }
};

/** A manifest is one line; of a longer one nothing is believed either. */
const longestManifestBytes = 64 * 1024 * 1024;

const manifestText = async (file: File): Promise<string> => {
  for (let bytes = 64 * 1024; ; bytes *= 8) {
    const text = await file.slice(0, bytes).text();
    const end = text.indexOf("\n");
    if (end >= 0 || bytes >= file.size || bytes > longestManifestBytes) return text.slice(0, Math.max(0, end));
  }
};

/**
 * The newest key that the file itself names for its gateway: for a reader who has no key of the gateway and takes the
 * centre's word. Zeroes where it names none: under these nothing holds.
 */
export const keyNamedBy = async (file: File): Promise<string> => {
  const none = "00".repeat(32);
  try {
    const { keys } = JSON.parse(await manifestText(file)) as { keys?: { publicKey?: unknown }[] };
    const named = keys?.at(-1)?.publicKey;
    return typeof named === "string" && keyPattern.test(named) ? named : none;
  } catch {
    return none;
  }
};

/** Verifies in a thread of its own; the returned function gives it up. */
export const startVerification = (
  request: VerificationRequest,
  listener: (message: VerificationMessage) => void,
): (() => void) => {
  const worker = new Worker(new URL("./verify-worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<VerificationMessage>) => {
    if (data.kind !== "progress") worker.terminate();
    listener(data);
  };
  worker.onerror = () => {
    worker.terminate();
    listener({ kind: "unsupported" });
  };
  worker.postMessage(request);
  return () => worker.terminate();
};
