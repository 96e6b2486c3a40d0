import { expect, it } from "vitest";
import { outcomeText } from "./outcome-text.ts";

it.each([
  ["OK：已提交 / accepted", "OK：已提交", "OK: accepted"],
  ["CMGS 1.2：网络已接收 / the network has it", "CMGS 1.2：网络已接收", "CMGS 1.2: the network has it"],
  ["+CPIN：未插 SIM 卡 / no SIM, or PIN", "+CPIN：未插 SIM 卡", "+CPIN: no SIM, or PIN"],
  ["x：答复无法理解 / nonsense, answer lost", "x：答复无法理解，应答丢失", "x: nonsense, answer lost"],
  ["timeout, answer lost", "timeout, answer lost", "timeout, answer lost"],
  ["", "", ""],
])("%s is said in the reader's language", (outcome, zh, en) => {
  expect([outcomeText(outcome, "zh"), outcomeText(outcome, "en")]).toEqual([zh, en]);
});
