import type { ServerEvent } from "@mingcheng/protocols";

/** Browsers come back so long after a stream broke. */
const retryMs = 2_000;

/** One event in the words of server-sent events. `id`: the ledger number to come back with. */
export const eventText = ({ name, data }: ServerEvent, id?: number): string =>
  `${id === undefined ? "" : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** What a stream begins with. */
export const streamHead = `retry: ${retryMs}\n\n`;

/**
 * Keeps the connection from being taken for dead, and the reader's place up to date: who sees little of what happens would
 * otherwise come back with a place long past. An id without data is no event (HTML, section 9.2.6).
 */
export const keepAlive = (lsn: number): string => `: \nid: ${lsn}\n\n`;

/** The ledger number of a `Last-Event-ID`; undefined when there is none that we gave out. */
export const resumePoint = (header: string | string[] | undefined): number | undefined =>
  typeof header === "string" && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
