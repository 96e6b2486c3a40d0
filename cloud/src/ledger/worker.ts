import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { BroadcastChannel, parentPort, workerData } from "node:worker_threads";
import { MingchengError } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { loadSigner } from "../crypto/signing-key.ts";
import { serveErasures } from "../retention/eraser-port.ts";
import type { ErasureOrder, ErasureOutcome } from "../retention/record-eraser.ts";
import { isStoreFault } from "../store/database.ts";
import { ledgerPath } from "../store/store-paths.ts";
import { appendChannel } from "./append-channel.ts";
import type { LedgerAnswer, LedgerMessage } from "./ledger-port.ts";
import { busyAnswer } from "./ledger-writer.ts";
import { type OpenLedger, openLedger } from "./open-ledger.ts";
import type { FromWorker, ToWorker, WorkerOptions } from "./worker-messages.ts";

const { dataDirectory } = workerData as WorkerOptions;
const port = parentPort;
if (port === null) throw new Error("this is the entry of a worker thread");

/** A group is committed at the latest when it has so many messages or bytes: receipts must not wait for ever. */
const maxGroupMessages = 256;
const maxGroupBytes = 8 * 1024 * 1024;
/** While the store cannot be opened it is tried again so often. */
const reopenAfterMs = 2_000;

/** How often it is looked whether an operator has decided something: one read. */
const decisionsEveryMs = 1_000;

/** Faults that leave the open database as it was. */
const passesByItself = (error: unknown): boolean =>
  error instanceof Error && "code" in error && /^SQLITE_(BUSY|LOCKED|FULL|INTERRUPT)/.test(String(error.code));

const signer = await loadSigner(join(dataDirectory, "keys", "receipt-key.pem"));
const channel = new BroadcastChannel(appendChannel(ledgerPath(dataDirectory)));
const waiting: { id: number; message: LedgerMessage }[] = [];
/** One generation per process: a store that fails and comes back does not make every gateway send its state again. */
const gen = randomBytes(16).toString("hex");
let ledger: OpenLedger | undefined;
/** The open database can no longer be relied on. */
let suspect = false;
let reopening: NodeJS.Timeout | undefined;
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
  random: () => Math.random(),
  onFault: (found: { error: unknown; message: LedgerMessage | null }) => {
    suspect ||= isStoreFault(found.error) && !passesByItself(found.error);
    fault(found.error, found.message);
  },
};

const open = (): void => {
  try {
    ledger = openLedger(dataDirectory, { gen, afterFault: suspect }, ports);
    suspect = false;
    say({ type: "open" });
  } catch (error) {
    if (error instanceof MingchengError && !error.retryable) {
      say({ type: "refused", code: error.code, error: error.message });
      clearInterval(deciding);
      channel.close();
      port.close();
      return;
    }
    fault(error, null);
    reopening = setTimeout(open, reopenAfterMs);
  }
};

/** After a failed write or sync nobody knows what reached the disk: the database is opened anew. */
const giveUp = (): void => {
  ledger?.close();
  ledger = undefined;
  reopening = setTimeout(open, reopenAfterMs);
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
  const answers: LedgerAnswer[] =
    ledger === undefined
      ? group.map(({ message }) => busyAnswer(ports, message, "the store cannot be opened now"))
      : ledger.writer.take(group.map(({ message }) => message));
  if (suspect && ledger !== undefined) giveUp();
  const ids = group.map(({ id }) => id);
  say({ type: "answers", ids, answers });
  if (answers.some(({ outcome }) => outcome !== "busy")) channel.postMessage(null);
  schedule();
};

/** A turn of the event loop between groups, so that everything that has arrived meanwhile joins the next commit. */
const schedule = (): void => {
  if (scheduled || waiting.length === 0) return;
  scheduled = true;
  setImmediate(work);
};

const carryOutDecisions = (): void => {
  try {
    if (ledger?.decisions.carryOut() === true) channel.postMessage(null);
  } catch (error) {
    // The store refuses for now: the decision waits, as the gateways' records do.
    ports.onFault({ error, message: null });
    if (suspect && ledger !== undefined) giveUp();
  }
};
const deciding = setInterval(carryOutDecisions, decisionsEveryMs);

const erase = (order: ErasureOrder): ErasureOutcome => {
  if (ledger === undefined) throw new MingchengError("LEDGER_UNAVAILABLE", "the store cannot be opened now");
  try {
    const outcome = ledger.eraser.erase(order);
    channel.postMessage(null);
    return outcome;
  } catch (error) {
    ports.onFault({ error, message: null });
    if (suspect && ledger !== undefined) giveUp();
    throw error;
  }
};

port.on("message", (message: ToWorker) => {
  if (message.type === "erasures") {
    serveErasures(message.port, erase);
    return;
  }
  if (message.type === "take") {
    waiting.push({ id: message.id, message: message.message });
    schedule();
    return;
  }
  while (waiting.length > 0) work();
  clearTimeout(reopening);
  clearInterval(deciding);
  ledger?.close();
  channel.close();
  port.close();
});

open();
