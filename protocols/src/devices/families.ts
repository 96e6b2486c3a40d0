// Every device family the project can decode. A new family is one line here.
export * from "./lis/index.ts";
export * from "./mt-continuous/index.ts";
export * from "./yaohua-a9/index.ts";
