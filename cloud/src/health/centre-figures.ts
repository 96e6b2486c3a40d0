import type { Broker } from "../broker/broker.ts";
import type { LedgerThread } from "../ledger/ledger-thread.ts";
import type { Figure } from "./figure.ts";

const counter = (name: string, help: string, value: number, labels?: Figure["labels"]): Figure => ({
  name,
  help,
  type: "counter",
  value,
  ...(labels === undefined ? {} : { labels }),
});

const gauge = (name: string, help: string, value: number): Figure => ({ name, help, type: "gauge", value });

/** One figure per part: 1 while something is said of it, 0 while not. */
export const partFigures = (
  name: string,
  help: string,
  said: readonly (readonly [part: string, said: string | null])[],
): Figure[] => said.map(([part, text]) => ({ ...gauge(name, help, text === null ? 0 : 1), labels: { part } }));

/** Figures of the ledger's writer. */
export const ledgerFigures = (ledger: LedgerThread): Figure[] => {
  const { batches, records, quarantined, damaged, refused, busy, commits, lastCommitMs } = ledger.counts();
  const messages = "mingcheng_ledger_messages_total";
  const help = "messages of gateways by what became of them";
  return [
    counter("mingcheng_ledger_records_total", "records stored since the start", records),
    counter("mingcheng_ledger_quarantined_total", "records set apart since the start", quarantined),
    counter("mingcheng_ledger_commits_total", "groups committed since the start", commits),
    counter(messages, help, batches - damaged - refused - busy, { outcome: "stored" }),
    counter(messages, help, damaged, { outcome: "damaged" }),
    counter(messages, help, refused, { outcome: "refused" }),
    counter(messages, help, busy, { outcome: "busy" }),
    gauge("mingcheng_ledger_pending_messages", "messages that wait for the writer", ledger.pending()),
    gauge("mingcheng_ledger_last_commit_seconds", "time of the last commit, seconds since 1970", lastCommitMs / 1000),
    gauge("mingcheng_ledger_available", "1 while records can be stored", ledger.fault() === null ? 1 : 0),
  ];
};

/** Figures of the broker. */
export const brokerFigures = (broker: Broker): Figure[] => {
  const { connections, refusedConnections, refusedLogins, refusedTopics, cutStreams } = broker.counts();
  return [
    gauge("mingcheng_gateways_connected", "gateways connected now", broker.connected().length),
    counter("mingcheng_broker_connections_total", "TLS connections since the start", connections),
    counter("mingcheng_broker_refused_total", "what the broker refused", refusedConnections, { what: "connection" }),
    counter("mingcheng_broker_refused_total", "what the broker refused", refusedLogins, { what: "login" }),
    counter("mingcheng_broker_refused_total", "what the broker refused", refusedTopics, { what: "topic" }),
    counter("mingcheng_broker_refused_total", "what the broker refused", cutStreams, { what: "stream" }),
  ];
};
