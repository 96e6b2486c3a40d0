/** One figure of `/metrics`, in the words of Prometheus. */
export interface Figure {
  /** e.g. `mingcheng_ledger_records_total`; counters end in `_total`, units are in the name. */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}
