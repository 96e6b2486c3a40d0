// Every driver of the gateway. A new family is one line here.
export { lisDriver } from "./lis.ts";
export { mtContinuousDriver } from "./mt-continuous.ts";
export { yaohuaA9Driver } from "./yaohua-a9.ts";
