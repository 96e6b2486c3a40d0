import { expect, it } from "vitest";
import { hexLines, readableOf } from "./raw-bytes.ts";

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

it("sets bytes out in lines of sixteen, each with its place", () => {
  expect(hexLines(base64("R|1|^^^OPC|62.5|%"))).toBe("0000  52 7c 31 7c 5e 5e 5e 4f 50 43 7c 36 32 2e 35 7c\n0010  25");
  expect(hexLines("")).toBe("");
});

it("reads what can be read, and shows every sign that cannot be printed as a dot", () => {
  expect(readableOf(base64('{"item":"韭菜"}'))).toBe('{\n  "item": "韭菜"\n}');
  expect(readableOf(base64("\u0002ST,GS,+1.5kg\u0003\r\n"))).toBe("·ST,GS,+1.5kg·\r\n");
});
