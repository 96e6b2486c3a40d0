import type { OrderView } from "@mingcheng/protocols/commands";

/** An order as it stands. Times in milliseconds since 1970. */
export interface Order extends OrderView {
  readonly number: number;
  readonly id: string;
  readonly gw: string;
  readonly kind: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly by: string;
  readonly note: string;
  readonly orderedMs: number;
  /** Version of the configuration that it carries. */
  readonly version: number | null;
  readonly deliveries: number;
  readonly reason: string | null;
  readonly result: string;
  readonly endedMs: number | null;
  /** Where the gateway's own record of it stands. */
  readonly record: { readonly ep: number; readonly eid: string; readonly seq: number } | null;
}
