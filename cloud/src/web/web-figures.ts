import type { Figure } from "../health/figure.ts";

/** Counts of the web thread since its start. */
export class WebCounts {
  readonly #answers = new Map<string, number>();
  logins = 0;
  refusedLogins = 0;
  enrolments = 0;
  refusedEnrolments = 0;

  /** Counts an answer by the class of its status. */
  answered(status: number): void {
    const name = `${Math.floor(status / 100)}xx`;
    this.#answers.set(name, (this.#answers.get(name) ?? 0) + 1);
  }

  /** The figures for `/metrics`. */
  figures(streams: {
    readonly open: number;
    readonly pushedOut: number;
    readonly refusedLive: number;
  }): readonly Figure[] {
    const counter = (name: string, help: string, value: number, labels?: Record<string, string>): Figure => ({
      ...{ name: `mingcheng_web_${name}_total`, help, type: "counter", value },
      ...(labels === undefined ? {} : { labels }),
    });
    return [
      ...[...this.#answers].map(([status, value]) =>
        counter("answers", "Answers over HTTPS, by class of status.", value, { status }),
      ),
      counter("logins", "Logins.", this.logins),
      counter("logins_refused", "Logins refused or locked out.", this.refusedLogins),
      counter("enrolments", "Gateways enrolled.", this.enrolments),
      counter("enrolments_refused", "Enrolments refused.", this.refusedEnrolments),
      counter("event_streams_cut", "Live streams cut off because their reader did not read.", streams.pushedOut),
      counter("live_values_refused", "Live values of gateways that could not be read.", streams.refusedLive),
      { name: "mingcheng_web_event_streams", help: "Open live streams.", type: "gauge", value: streams.open },
    ];
  }
}
