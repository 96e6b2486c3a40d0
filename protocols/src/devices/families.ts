// Every device family the project can decode. A new family is one line here.
export * from "./and/index.ts";
export * from "./cas-22/index.ts";
export * from "./jcs-b/index.ts";
export * from "./lis/index.ts";
export * from "./lz-4000t/index.ts";
export * from "./mt-continuous/index.ts";
export * from "./mt-extended/index.ts";
export * from "./nci/index.ts";
export * from "./st-gs/index.ts";
export * from "./toledo-8217/index.ts";
export * from "./yaohua-a9/index.ts";
export * from "./yaohua-a12e/index.ts";
export * from "./yaohua-eq/index.ts";
export * from "./yaohua-ww/index.ts";
