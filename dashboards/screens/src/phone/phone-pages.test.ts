import { expect, it } from "vitest";
import { phonePageAt } from "./phone-pages.ts";

it.each([
  ["/m", { page: "home" }],
  ["/m/", { page: "home" }],
  ["/m/sites", { page: "sites" }],
  ["/m/site/songbai", { page: "site", id: "songbai" }],
  ["/m/site/", { page: "home" }],
  ["/m/alerts/a%2F1/", { page: "alert", id: "a/1" }],
  ["/a/3c9f", { page: "alert", id: "3c9f" }],
  ["/a/%E6%9", { page: "home" }],
])("%s is %j", (path, page) => {
  expect(phonePageAt(path)).toEqual(page);
});
