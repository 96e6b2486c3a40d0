// Every simulated device. A new family is one line here.
export { aAndD } from "./and.ts";
export { cas22 } from "./cas-22.ts";
export { jcsB } from "./jcs-b.ts";
export { lisTester } from "./lis.ts";
export { lz4000tMeter } from "./lz-4000t.ts";
export { mettlerToledo } from "./mt-continuous.ts";
export { mtExtended } from "./mt-extended.ts";
export { nci } from "./nci.ts";
export { stGs } from "./st-gs.ts";
export { tl310Meter } from "./tl-310.ts";
export { toledo8217 } from "./toledo-8217.ts";
export { yaohuaA12e } from "./yaohua-a12e.ts";
export { yaohuaA9 } from "./yaohua-a9.ts";
export { yaohuaEq } from "./yaohua-eq.ts";
export { yaohuaWw } from "./yaohua-ww.ts";
