import type { AlertDetail, MessagePage, MessageView } from "@mingcheng/protocols";
import { afterEach, expect, it } from "vitest";
import { randomMoment } from "../../src/harness/kill-moment.ts";
import { until } from "../../src/harness/until.ts";
import { createRandom } from "../../src/random.ts";
import { openToldMarket, type ToldMarket } from "./told-market.ts";

const positives = 8;
const kills = 2;

let told: ToldMarket | undefined;
afterEach(async () => {
  await told?.close();
  told = undefined;
});

const answersLost = ({ legs }: MessageView): number => legs.reduce((sum, one) => sum + one.answersLost, 0);
const isOver = ({ state }: MessageView): boolean => ["sent", "delivered", "unconfirmed"].includes(state);

/** A text as the centre shows it: without the signature, its code hidden. */
const shown = (text: string): string => text.replace("【明秤监管】", "").replace(/回复\d{4}签收$/u, "回复····签收");

const count = <Item>(items: readonly Item[], holds: (item: Item) => boolean): number => items.filter(holds).length;

/** What telephones got, against what the centre says of its messages. */
interface Told {
  /** Texts that the SMS centre accepted. */
  readonly accepted: readonly string[];
  readonly messages: readonly MessageView[];
  readonly alerts: readonly string[];
}

/** Everything that is wrong: alerts that nobody was told of, messages that never came, came unmarked twice, or three times. */
const findings = ({ accepted, messages, alerts }: Told): readonly string[] => {
  const untold = alerts.filter((alert) => !messages.some((one) => isOver(one) && one.alertIds.includes(alert)));
  const unknown = accepted.filter((text) => !messages.some((one) => one.text === shown(text)));
  // A code is of one message, so the same text with its code is the same message.
  const thrice = accepted.filter((text) => /\d{4}签收$/u.test(text) && count(accepted, (one) => one === text) > 2);
  const wrong = [...new Set(messages.map(({ text }) => text))].flatMap((text) => {
    const of = messages.filter((one) => one.text === text);
    const came = count(accepted, (one) => shown(one) === text);
    const least = count(of, ({ state }) => state === "sent" || state === "delivered");
    const most = of.length + of.reduce((sum, one) => sum + answersLost(one), 0);
    return came >= least && came <= most ? [] : [`${text}: ${came} came, ${least} to ${most} are accounted for`];
  });
  return [
    ...untold.map((alert) => `nobody was told of ${alert}`),
    ...unknown.map((text) => `not the centre's: ${text}`),
    ...thrice.map((text) => `more than twice: ${text}`),
    ...wrong,
  ];
};

it("alerts told by SMPP are all told while the centre is killed, and what is told twice is marked", async () => {
  const random = createRandom(3_412);
  const opened = await openToldMarket([]);
  told = opened;
  const { state } = opened;
  // Answers that take a while: kills fall between a message and its answer.
  state.behaviour = { ...state.behaviour, delayMs: 150, submit: "lost", count: 1 };
  const reporting = (async () => {
    for (let number = 1; number <= positives; number++) {
      await opened.report(`S-${String(number).padStart(4, "0")}`);
      await randomMoment(random, 600);
    }
  })();
  for (let kill = 0; kill < kills; kill++) {
    await randomMoment(random, 2_500);
    await opened.market.centre.kill();
    await opened.market.centre.start();
  }
  await reporting;
  const page = async (): Promise<readonly MessageView[]> =>
    (await (await opened.market.api()).get<MessagePage>("/api/v1/messages?limit=500")).messages;
  const isTold = ({ messages }: AlertDetail): boolean =>
    messages?.some((one) => ["sent", "delivered", "unconfirmed"].includes(one.state)) === true;
  const alerts = await until(
    async () => {
      const all = await opened.alerts();
      return all.length === positives && all.every(isTold) && (await page()).every(isOver) && all;
    },
    { what: "every alert is told", withinMs: 60_000, everyMs: 300, detail: () => JSON.stringify(state.answers) },
  );
  const messages = await page();
  const accepted = state.messages.map(({ text }) => text);
  const ids = alerts.map(({ alert }) => alert.id ?? "");
  expect(findings({ accepted, messages, alerts: ids })).toEqual([]);
  // The answer that was thrown away is marked, on the message and in the history of each of its alerts.
  const marked = messages.filter((one) => answersLost(one) > 0);
  expect(marked.length).toBeGreaterThanOrEqual(1);
  const inHistories = alerts.filter(({ history }) => JSON.stringify(history).includes("answer lost"));
  expect(inHistories.map(({ alert }) => alert.id).sort()).toEqual(
    [...new Set(marked.flatMap(({ alertIds }) => alertIds))].sort(),
  );
}, 240_000);

it("the judge sees what it is there for", () => {
  const message = (id: string, lost: number, state = "sent"): MessageView =>
    ({ state, text: `${id}。回复····签收`, alertIds: [id], legs: [{ answersLost: lost }] }) as unknown as MessageView;
  const text = (id: string, code = 1_234): string => `【明秤监管】${id}。回复${code}签收`;
  const judged = (accepted: readonly string[], messages: readonly MessageView[]): readonly string[] =>
    findings({ accepted, messages, alerts: ["a", "b"] });
  const good = [message("a", 0), message("b", 1)];
  expect(judged([text("a"), text("b")], good)).toEqual([]);
  expect(judged([text("a"), text("b"), text("b")], good)).toEqual([]);
  expect(judged([text("a"), text("a"), text("b")], good)).toHaveLength(1);
  expect(judged([text("b")], good)).toHaveLength(1);
  expect(judged([text("a"), text("b"), text("b"), text("b")], good)).toHaveLength(4);
  expect(judged([text("a"), text("b"), text("c")], good)).toHaveLength(1);
  expect(judged([text("a")], [message("a", 0), message("b", 0, "withdrawn")])).toHaveLength(1);
});
