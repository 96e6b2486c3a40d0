// Every simulated device. A new family is one line here.
export { lisTester } from "./lis.ts";
export { mettlerToledo } from "./mt-continuous.ts";
export { yaohuaA9 } from "./yaohua-a9.ts";
