/** Commands and configuration. An entry of its own: a gateway that is never commanded does not load it. */
export * from "../api/commands.ts";
export * from "../configuration/configuration.ts";
export * from "../configuration/trial.ts";
export * from "./bundle.ts";
export * from "./command.ts";
export * from "./command-book.ts";
export * from "./command-orders.ts";
export * from "./read-command.ts";
