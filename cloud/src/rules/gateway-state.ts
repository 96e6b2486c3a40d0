/** How a gateway stands, as far as connections, states and the ledger say. What `gateway` is in rules. */
export interface GatewayState {
  readonly online: boolean;
  readonly offlineSeconds: number;
  readonly alarms: readonly string[];
  readonly disputedLines: bigint;
  readonly gaps: bigint;
  readonly pending: bigint;
  /** Room left on its disk in 10^6 bytes; infinite as long as it has not said. */
  readonly diskFreeMegabytes: number;
}

/** Where states of gateways come from, looked at again and again: hints, never records. */
export interface GatewayStates {
  read(nowMs: number): ReadonlyMap<string, GatewayState>;
}
