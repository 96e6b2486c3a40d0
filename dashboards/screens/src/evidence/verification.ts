import type { EvidenceReport } from "@mingcheng/protocols";

/** Public keys that the reader got by another way than the file, 64 hexadecimal digits each. */
export interface PinnedTexts {
  readonly gateway: string;
  readonly centre: string;
}

/** What the worker is asked, once. */
export interface VerificationRequest {
  readonly file: File;
  readonly pinned: PinnedTexts;
}

/** What the worker says: how far it is, and at last one outcome. */
export type VerificationMessage =
  | { readonly kind: "progress"; readonly read: number }
  | { readonly kind: "report"; readonly report: EvidenceReport; readonly seconds: number }
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
