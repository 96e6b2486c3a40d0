import { z } from "zod";
import type { ProviderAnswer, ProviderRequest } from "./provider-request.ts";
import { normalBehaviour, type ProviderState } from "./provider-state.ts";
import { isAnswer } from "./told-code.ts";

const milliseconds = z
  .int()
  .min(0)
  .max(7 * 24 * 3_600_000);
const limit = z.strictObject({ windowMs: milliseconds.min(1), most: z.int().min(0) });

const behaviour = z
  .strictObject({
    answer: z
      .string()
      .max(80)
      .refine(isAnswer, "normal, reset, unavailable, nonsense, lost, or a code of Aliyun, Tencent or WeCom"),
    count: z.int().min(1).nullable(),
    delayMs: milliseconds,
    receipts: z.enum(["delivered", "undelivered", "none"]),
    receiptDelayMs: milliseconds,
  })
  .partial();

const limits = z
  .strictObject({ aliyun: z.array(limit).max(8), tencent: z.array(limit).max(8), wecom: z.array(limit).max(8) })
  .partial();

const clock = z.strictObject({ advanceMs: milliseconds });
const reply = z.strictObject({ phone: z.string().regex(/^1\d{10}$/), text: z.string().min(1).max(500) });

const answer = (content: unknown, status = 200): ProviderAnswer => ({ status, content });

const parsed = (body: string): unknown => {
  try {
    return body === "" ? {} : JSON.parse(body);
  } catch {
    return undefined;
  }
};

type Doing = (state: ProviderState, given: unknown) => unknown;

const doings: Readonly<Record<string, Doing>> = {
  "GET /control/messages": ({ messages }) => ({ messages }),
  "GET /control/answers": ({ answers }) => ({ answers }),
  "PUT /control/behaviour": (state, given) => {
    state.behaviour = { ...normalBehaviour, ...(behaviour.parse(given) as Partial<typeof normalBehaviour>) };
    return state.behaviour;
  },
  "PUT /control/limits": (state, given) => {
    state.limits = { ...state.limits, ...(limits.parse(given) as Partial<typeof state.limits>) };
    return state.limits;
  },
  "POST /control/clock": (state, given) => {
    state.advance(clock.parse(given).advanceMs);
    return { nowMs: state.nowMs() };
  },
  "POST /control/replies": (state, given) => {
    state.replies.push({ ...reply.parse(given), atMs: state.nowMs() });
    return { waiting: state.replies.length };
  },
};

/** Lets a test or a person look at what was accepted and tell the providers how to behave; needs the token. */
export const answerControl = (state: ProviderState, token: string, request: ProviderRequest): ProviderAnswer => {
  if (request.headers.get("authorization") !== `Bearer ${token}`) return answer({ error: "a token is needed" }, 401);
  const doing = doings[`${request.method} ${request.path}`];
  if (doing === undefined) return answer({ error: "not found", known: Object.keys(doings) }, 404);
  try {
    return answer(doing(state, parsed(request.body)));
  } catch (error) {
    if (error instanceof z.ZodError) return answer({ error: z.prettifyError(error) }, 400);
    throw error;
  }
};
