/** The face of the outbox: everything outside this folder takes it from here. */
export { OutboxDamagedError } from "./disk-fault.ts";
export { openOutbox } from "./open-outbox.ts";
export type * from "./outbox-port.ts";
