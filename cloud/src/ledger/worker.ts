import { join } from "node:path";
import { BroadcastChannel, parentPort, workerData } from "node:worker_threads";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { loadSigner } from "../crypto/signing-key.ts";
import { appendChannel } from "./append-channel.ts";
import type { LedgerAnswer, LedgerMessage } from "./ledger-port.ts";
import { busyAnswer } from "./ledger-writer.ts";
import { ledgerPath, type OpenLedger, openLedger } from "./open-ledger.ts";
import type { FromWorker, ToWorker, WorkerOptions } from "./worker-messages.ts";

const { dataDirectory } = workerData as WorkerOptions;
const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

/** A group is committed at the latest when it has so many messages or bytes: receipts must not wait for ever. */
const maxGroupMessages = 256;
const maxGroupBytes = 8 * 1024 * 1024;
/** While the store cannot be opened it is tried again so often. */
const reopenAfterMs = 2_000;

const signer = await loadSigner(join(dataDirectory, "keys", "receipt-key.pem"));
const channel = new BroadcastChannel(appendChannel(ledgerPath(dataDirectory)));
const waiting: { id: number; message: LedgerMessage }[] = [];
let ledger: OpenLedger | undefined;
let triedAtMs = Number.NEGATIVE_INFINITY;
let scheduled = false;

const say = (message: FromWorker): void => port.postMessage(message);
const fault = (error: unknown, message: LedgerMessage | null): void => {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  say({ type: "fault", error: text, message: message === null ? null : `${message.type} of ${message.gw}` });
};
const ports = {
  crypto: nodeCrypto,
  signer,
  nowMs: () => Date.now(),
  onFault: (found: { error: unknown; message: LedgerMessage | null }) => fault(found.error, found.message),
};

const ensureOpen = (): OpenLedger | undefined => {
  if (ledger === undefined && performance.now() - triedAtMs >= reopenAfterMs) {
    triedAtMs = performance.now();
    try {
      ledger = openLedger(dataDirectory, ports);
      say({ type: "open" });
    } catch (error) {
      fault(error, null);
    }
  }
  return ledger;
};

const nextGroup = (): { id: number; message: LedgerMessage }[] => {
  let bytes = 0;
  let count = 0;
  for (const { message } of waiting) {
    if (count > 0 && (count >= maxGroupMessages || bytes >= maxGroupBytes)) break;
    bytes += message.payload.length;
    count++;
  }
  return waiting.splice(0, count);
};

const work = (): void => {
  scheduled = false;
  const group = nextGroup();
  if (group.length === 0) return;
  const open = ensureOpen();
  const answers: LedgerAnswer[] =
    open === undefined
      ? group.map(({ message }) => busyAnswer(ports, message, "the store cannot be opened now"))
      : open.writer.take(group.map(({ message }) => message));
  const ids = group.map(({ id }) => id);
  say({ type: "answers", ids, answers });
  if (answers.some(({ records }) => records > 0)) channel.postMessage(null);
  schedule();
};

/** A turn of the event loop between groups, so that everything that has arrived meanwhile joins the next commit. */
const schedule = (): void => {
  if (scheduled || waiting.length === 0) return;
  scheduled = true;
  setImmediate(work);
};

port.on("message", (message: ToWorker) => {
  if (message.type === "take") {
    waiting.push({ id: message.id, message: message.message });
    schedule();
    return;
  }
  while (waiting.length > 0) work();
  ledger?.close();
  channel.close();
  say({ type: "closed" });
  port.close();
});

ensureOpen();
