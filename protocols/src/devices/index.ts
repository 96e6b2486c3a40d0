/** Codecs of every device family. An entry of its own: the centre reads records, not devices, and loads none of it. */
export * from "./device-event.ts";
export * from "./event-json.ts";
export * from "./families.ts";
export type * from "./line-event.ts";
export * from "./registry.ts";
export * from "./tester-result.ts";
