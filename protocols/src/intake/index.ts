export * from "./answers.ts";
export * from "./channels.ts";
export * from "./message-content.ts";
export * from "./other-messages.ts";
export * from "./other-records.ts";
export * from "./sale-message.ts";
export * from "./sale-record.ts";
