import type { Account } from "@mingcheng/protocols";
import { expect, it } from "vitest";
import { actsFor } from "./alert-acts.ts";

const as = (role: Account["role"]): Account => ({
  ...{ user: "li.wei", role, mustChangePassword: false, scope: { whole: true, areas: [], sites: [] } },
  ...{ centreName: "test", timezone: "Asia/Shanghai", expiresAt: "2026-11-23T06:05:00.000Z" },
});
const open = (state: "firing" | "acknowledged" | "handled") => ({ state, endedAt: null });

it("offers what role and state allow", () => {
  expect(actsFor(as("inspector"), open("firing"))).toEqual(["acknowledge", "handle", "close"]);
  expect(actsFor(as("operator"), open("firing"))).toEqual(["acknowledge", "handle"]);
  expect(actsFor(as("operator"), open("handled"))).toEqual([]);
  expect(actsFor(as("centre"), open("handled"))).toEqual(["close"]);
  expect(actsFor(as("centre"), { state: "closed", endedAt: "2026-11-23T06:05:00.000Z" })).toEqual(["reopen"]);
  expect(actsFor(as("operator"), { state: "resolved", endedAt: "2026-11-23T06:05:00.000Z" })).toEqual([]);
  expect(actsFor(as("auditor"), open("firing"))).toEqual([]);
});
