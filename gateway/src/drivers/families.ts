// Every driver of the gateway. A new family is one line here.
export { andDriver } from "./and.ts";
export { cas22Driver } from "./cas-22.ts";
export { jcsBDriver } from "./jcs-b.ts";
export { lisDriver } from "./lis.ts";
export { lz4000tDriver } from "./lz-4000t.ts";
export { mtContinuousDriver } from "./mt-continuous.ts";
export { mtExtendedDriver } from "./mt-extended.ts";
export { nciDriver } from "./nci.ts";
export { stGsDriver } from "./st-gs.ts";
export { tl310Driver } from "./tl-310.ts";
export { toledo8217Driver } from "./toledo-8217.ts";
export { yaohuaA12eDriver } from "./yaohua-a12e.ts";
export { yaohuaA9Driver } from "./yaohua-a9.ts";
export { yaohuaEqDriver } from "./yaohua-eq.ts";
export { yaohuaWwDriver } from "./yaohua-ww.ts";
