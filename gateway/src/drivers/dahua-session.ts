import { amountDifference, type SaleBody, toGrams } from "@mingcheng/protocols";
import { bytesOf, type DeviceEvent, dahuaTm, encodeDahuaRead, type SaleEvent } from "@mingcheng/protocols/devices";
import type { ByteStream } from "../transports/byte-stream.ts";
import { createDahuaArticles } from "./dahua-articles.ts";
import type { CaptureDraft, DriverSession, SessionContext } from "./define-driver.ts";
import { endsInTime } from "./ending.ts";
import { createLineReader, type LineReader } from "./line-reader.ts";

/** Options of a session, read. */
export interface DahuaConfig {
  readonly pollIntervalMs: number;
  readonly replyTimeoutMs: number;
  readonly firstRecord: number;
  readonly readArticles: boolean;
}

/** A line that says nothing for so long has finished what it was saying. */
const idleMs = 300;
/** Records that are remembered, so that none is stored twice when the scale counts anew. */
const rememberedRecords = 1000;
const lastRecord = 9999;

/** The maker's idempotency: record number and date; amount and item besides, because clocks are set back. */
const keyOf = (sale: Pick<SaleBody, "number" | "at" | "amountFen"> & { readonly item: string | null }): string =>
  [sale.number, sale.at, sale.item, sale.amountFen].join("|");

/** What rounding explains is said by the codec; here only how far apart the two are. */
const differenceOf = ({ weight, unit, count, unitPriceFen, grossAmountFen, amountFen: net }: SaleEvent) => {
  const amountFen = grossAmountFen ?? net;
  const quantity = weight ?? count;
  if (quantity === null || unitPriceFen === null || amountFen === null) return null;
  return amountDifference({ quantity, unit, unitPriceFen, priceUnit: unit, amountFen }, 1)?.fen ?? null;
};

const bodyOf = (sale: SaleEvent, name: string | null): SaleBody => {
  const { number, at, department, store, scale, amountFen, weight, unit } = sale;
  const line = {
    item: sale.item,
    ...(name === null ? {} : { name: name.slice(0, 128) }),
    soldBy: sale.soldBy,
    weight,
    unit,
    grams: weight === null || unit === null ? null : toGrams(weight, unit),
    count: sale.count,
    tare: sale.tare,
    unitPriceFen: sale.unitPriceFen,
    grossAmountFen: sale.grossAmountFen,
    amountFen,
    mismatch: sale.mismatch,
    differenceFen: differenceOf(sale),
  };
  return { protocol: dahuaTm.id, number, at, department, store, scale, lines: [line], amountFen };
};

/** What is known of a scale's records; outlives a broken line. */
const createRecordMemory = (context: SessionContext, firstRecord: number) => {
  const keys = new Set<string>();
  let next = firstRecord;
  let last: { readonly number: number; readonly key: string } | null = null;
  let recalled = false;

  const remember = (number: number, key: string): void => {
    keys.add(key);
    for (const oldest of keys) {
      if (keys.size <= rememberedRecords) break;
      keys.delete(oldest);
    }
    last = { number, key };
    next = number >= lastRecord ? 1 : number + 1;
  };

  return {
    next: () => next,
    last: () => last,
    knows: (key: string) => keys.has(key),
    remember,
    startOver: () => {
      next = 1;
      last = null;
    },
    /** What earlier processes stored, once. */
    recall: async (): Promise<void> => {
      if (recalled) return;
      recalled = true;
      for (const body of await context.recall("sale", rememberedRecords)) {
        const sale = body as unknown as SaleBody;
        const number = Number(sale.number);
        if (Number.isInteger(number)) remember(number, keyOf({ ...sale, item: sale.lines[0]?.item ?? null }));
      }
    },
  };
};

type Answer = SaleEvent | "no-data" | "none";

/** Asks for one record after the other. */
const createReading = (context: SessionContext, config: DahuaConfig, stream: ByteStream, line: LineReader) => {
  const decoder = dahuaTm.createDecoder();
  const said: { answer: DeviceEvent | undefined } = { answer: undefined };
  let aborted = false;
  const answered = (): DeviceEvent | undefined => said.answer;

  const take = (events: readonly DeviceEvent[]): void => {
    for (const event of events) {
      if (event.event === "discarded") context.count("discarded_bytes", event.reason, bytesOf(event).length);
      if (event.event !== "sale" && event.event !== "reply") continue;
      context.count("frames");
      said.answer = event;
    }
  };

  /** Listens until an answer came (`forAnswer`), the time is over or the session ends. */
  const listen = async (forMs: number, forAnswer: boolean): Promise<void> => {
    const untilMs = context.clock.nowMs() + forMs;
    while (!aborted && !(forAnswer && said.answer !== undefined)) {
      const leftMs = untilMs - context.clock.nowMs();
      if (leftMs <= 0) return;
      const pending = decoder.pending().length > 0;
      const heard = await line.next(pending ? Math.min(leftMs, idleMs) : leftMs);
      if (heard.kind === "aborted") aborted = true;
      if (heard.kind === "bytes") take(decoder.push(heard.bytes));
      if (heard.kind === "quiet") take(decoder.idle());
    }
  };

  /** One request and its answer; `undefined` when none came in time. */
  const exchange = async (request: Uint8Array): Promise<DeviceEvent | undefined> => {
    said.answer = undefined;
    await stream.write(request);
    await listen(config.replyTimeoutMs, true);
    return answered();
  };

  /** The record, `no-data`, or `none` when the scale did not answer in time or said something else. */
  const ask = async (number: number): Promise<Answer> => {
    const answer = await exchange(encodeDahuaRead(number));
    const wanted = number.toString().padStart(4, "0");
    if (answer?.event === "sale" && answer.number === wanted) return answer;
    if (answer?.event === "reply" && answer.meaning === "no-data" && answer.detail === wanted) return "no-data";
    if (!aborted) context.count("timeouts");
    return "none";
  };

  return {
    ask,
    articles: createDahuaArticles(() => context.clock.nowMs(), exchange),
    wait: () => listen(config.pollIntervalMs, false),
    aborted: () => aborted,
    end: () => take(decoder.end()),
  };
};

/**
 * Reads the sales records of a scale in the order of their numbers, each once, across broken lines and restarts. A record
 * counts as read only after it is stored. When the last record read is gone or another one, the records were erased at the
 * scale: reading starts over, and what is known already is not stored again.
 */
export const createDahuaSession = (context: SessionContext, config: DahuaConfig): DriverSession => {
  const memory = createRecordMemory(context, config.firstRecord);

  const store = async (sale: SaleEvent, name: string | null, signal: AbortSignal): Promise<boolean> => {
    const draft: CaptureDraft = { kind: "sale", body: bodyOf(sale, name), raw: sale.raw };
    const storing = context.capture(draft).then(
      () => true,
      (error: unknown) => {
        context.count("capture_failures", "sale");
        context.log.error("a sale could not be stored and will be read again", { number: sale.number, error });
        return false;
      },
    );
    return (await endsInTime(storing, context.clock, signal)) && (await storing);
  };

  const wasErased = async (reading: ReturnType<typeof createReading>): Promise<boolean> => {
    const last = memory.last();
    if (last === null) return false;
    const again = await reading.ask(last.number);
    return again === "no-data" || (again !== "none" && keyOf(again) !== last.key);
  };

  /** One step; true when there may be more to read at once. */
  const step = async (reading: ReturnType<typeof createReading>, signal: AbortSignal): Promise<boolean> => {
    const number = memory.next();
    const answer = await reading.ask(number);
    if (answer === "none") return false;
    if (answer === "no-data") {
      if (await wasErased(reading)) memory.startOver();
      return false;
    }
    const key = keyOf(answer);
    if (!memory.knows(key)) {
      if (answer.mismatch) context.log.warn("amount and weight of a sale do not fit", { number: answer.number });
      const name = config.readArticles ? await reading.articles.nameOf(answer.item) : null;
      // The line broke off while the name was asked for: the sale is read again.
      if (reading.aborted() || !(await store(answer, name, signal))) return false;
      context.count("results");
    }
    memory.remember(number, key);
    return true;
  };

  const run = async (stream: ByteStream, signal: AbortSignal): Promise<void> => {
    await memory.recall();
    const line = createLineReader(stream, context.clock, signal);
    const reading = createReading(context, config, stream, line);
    try {
      while (!reading.aborted() && !signal.aborted) {
        if (!(await step(reading, signal))) await reading.wait();
      }
    } finally {
      reading.end();
      line.release();
    }
  };

  return { run };
};
