/** The uplink's side of the record protocol. An entry of its own: gateways send, and those who play one. */
export * from "./uplink-limits.ts";
export * from "./uplink-machine.ts";
export * from "./uplink-port.ts";
