import { afterEach, describe, expect, it, vi } from "vitest";
import { createJsonRequest, Problem, problemOf } from "./json-request.ts";

const notItself = { code: "GATEWAY_FAULT", zh: "网关没有正常应答", en: "the gateway did not answer properly" };
const request = createJsonRequest({ withinMs: 1_000, notItself });
const answerWith = (text: string, status: number) =>
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(text, { status })));
const problemIn = (asked: Promise<unknown>): Promise<unknown> => asked.catch((error: unknown) => error);

afterEach(() => vi.unstubAllGlobals());

describe("a request in JSON", () => {
  it("gives what was answered", async () => {
    answerWith('{"signedIn":true}', 200);
    expect(await request("GET", "/door")).toEqual({ signedIn: true });
  });

  it("tells an error as the other side worded it", async () => {
    const error = { code: "LOGIN_REFUSED", zh: "不对", en: "wrong", next: { zh: "再试", en: "try again" } };
    answerWith(JSON.stringify({ error }), 401);
    expect(await problemIn(request("POST", "/login", {}))).toMatchObject({ code: "LOGIN_REFUSED", details: error });
  });

  it.each([
    ["a proxy's page", "<html>502</html>", 502],
    ["an answer that is no JSON", "welcome", 200],
    ["an error of somebody else", '{"error":{"code":"E1"}}', 500],
    ["an error without a next step", '{"error":{"code":"E1","zh":"错","en":"wrong"}}', 500],
  ])("tells %s as the words for it, with a next step", async (_what, text, status) => {
    answerWith(text, status);
    const found = await problemIn(request("GET", "/door"));
    expect(found).toBeInstanceOf(Problem);
    expect(found).toMatchObject({ code: "GATEWAY_FAULT", details: { ...notItself, next: { en: "try again" } } });
  });

  it("tells that nobody answered", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed to fetch")));
    expect(await problemIn(request("GET", "/door"))).toMatchObject({ code: null, details: null });
    expect(problemOf(new Error("anything else"))).toMatchObject({ code: null, details: null });
  });
});
