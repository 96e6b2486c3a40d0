import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { needs } from "../../src/harness/requirements.ts";
import { launchBrowser, openPage, type PageSetup, type WatchedPage } from "../screens/browser.ts";
import { says, seriousFindings, sticksOutPx, textOf } from "../screens/screens-under-test.ts";
import { type DayOfDuty, openDayOfDuty, password, phones } from "./day-of-duty.ts";

const needed = needs("chromium");

/** A picture of one pixel. */
const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==",
  "base64",
);

describe.skipIf(needed.skip)(needed.title("a positive test, on the screens of everybody who has to do with it"), () => {
  let day: DayOfDuty;
  let browser: Browser;
  const open: WatchedPage[] = [];

  beforeAll(async () => {
    [day, browser] = await Promise.all([openDayOfDuty(), launchBrowser()]);
  }, 180_000);
  afterAll(async () => {
    await browser.close();
    await day.close();
  });

  /** Opens a page as somebody who has to sign in first. */
  const as = async (user: string, path: string, setup: Partial<PageSetup> = {}): Promise<Page> => {
    const watched = await openPage(browser, { language: "zh", size: "phone", ...setup, url: `${day.url}${path}` });
    open.push(watched);
    const { page } = watched;
    await page.fill("input[name=user]", user);
    await page.fill("input[name=password]", password);
    await page.click("button[type=submit]");
    await page.locator("input[name=password]").waitFor({ state: "detached" });
    return page;
  };
  const sms = (phone: string) => day.messages.filter((one) => one.provider === "aliyun" && one.phone === phone);
  const alertIn = (text: string): string => /\/a\/([0-9A-Za-z_-]+)\)/.exec(text)?.[1] ?? "none";

  it("is taken over, attended to, handled with a picture and closed by one; the other is told who was first", async () => {
    await day.report("S-0001");
    await day.alertOf("S-0001", "the station was told", ({ history }) =>
      history.some(({ reason, detail }) => reason === "delivered" && detail["officer"] === "songbai-st"),
    );
    expect(sms(phones.station).map(({ text }) => text)).toEqual([
      expect.stringMatching(/^【明秤监管】关注预警：松柏农贸市场发生快检阳性.*，\d\d:\d\d。回复\d{4}签收$/u),
    ]);
    const group = day.messages.find(({ provider }) => provider === "wecom")?.text ?? "";
    const id = alertIn(group);
    expect(group).toMatch(/地点：松柏农贸市场 tester-1\n.*\n.*\n> 责任：监管人员/u);

    // The link changes nothing by being opened, before and after signing in.
    const [mine, theirs] = await Promise.all([as("wang.li", `/a/${id}`), as("chen.hao", `/a/${id}`)]);
    await says(mine, "[data-test=state]", "待签收");
    await says(theirs, "[data-test=state]", "待签收");
    expect(await sticksOutPx(mine)).toBeLessThanOrEqual(0);
    // One is without a network when pressing, and is told of it later.
    await theirs.context().setOffline(true);
    await theirs.click("[data-test=act-acknowledge]");
    await says(theirs, "[data-test=act-note]", "已保存在手机中");
    await mine.click("[data-test=act-acknowledge]");
    await says(mine, "[data-test=state]", "已签收");
    await theirs.context().setOffline(false);
    await theirs.evaluate("dispatchEvent(new Event('online'))");
    await says(theirs, "[data-test=outdone]", /“签收”没有生效：示例己 已于 .+ 先行办理/);
    await theirs.reload();
    await says(theirs, "[data-test=outdone]", "示例己");
    await theirs.click("[data-test=outdone] button");
    await theirs.locator("[data-test=outdone]").waitFor({ state: "detached" });
    await says(theirs, "[data-test=timeline]", /签收\s*示例己/);

    await mine.click("[data-test=act-arrive]");
    await says(mine, "[data-test=timeline]", /到场\s*示例己/);
    await mine.setInputFiles("input[name=picture]", { name: "spot.png", mimeType: "image/png", buffer: pixel });
    await says(mine, "[data-test=timeline]", "上传现场照片");
    await mine.click("[data-test=act-handle]");
    await mine.fill("textarea[name=result]", "已停售并封存 5.4 kg");
    await mine.click("form button[type=submit]");
    await says(mine, "[data-test=state]", "已处置");
    await mine.click("[data-test=act-close]");
    await mine.fill("textarea[name=result]", "复检合格");
    await mine.fill("textarea[name=evidence]", "FJ-07");
    await mine.click("form button[type=submit]");
    await says(mine, "[data-test=state]", "已关闭");
    expect(await seriousFindings(mine)).toEqual([]);
    const { history } = await day.alertOf("S-0001", "it is closed", ({ alert }) => alert.state === "closed");
    const acts = history.filter(({ actor }) => actor !== "system").map(({ reason, actor }) => `${reason} ${actor}`);
    expect(acts).toEqual([
      ...["acknowledged wang.li", "arrived wang.li", "picture-added wang.li", "handled wang.li", "closed wang.li"],
    ]);
  }, 90_000);

  it("stands in the message log and the roster; what is silenced on the screen is told to nobody", async () => {
    await day.report("S-0002");
    const page = await as("zhang.wei", "/messages", { size: "desk" });
    await says(page, "[data-test=message]", /示例己.*139\*+06.*已送达/s);
    await says(page, "[data-test=message]", /示例卯.*139\*+14/s);
    expect(await textOf(page, "main")).not.toMatch(/回复\d{4}签收/);
    await page.click("nav a:has-text('值班')");
    await says(page, "[data-test=duty-row]", /松柏农贸市场.*示例己.*示例卯/s);
    await page.click("nav a:has-text('静默')");
    await page.selectOption("[name=label-0]", "device");
    await page.fill("[name=value-0]", "tester-1");
    await page.fill("textarea[name=comment]", "检测仪校准");
    await day.alertOf("S-0002", "the station was told", ({ history }) =>
      history.some(({ reason, detail }) => reason === "notified" && detail["officer"] === "songbai-st"),
    );
    await page.click("[data-test=silence-form] button[type=submit]");
    await says(page, "[data-test=silence]", /检测仪校准/);
    const before = day.messages.length;
    await day.report("S-0003");
    const { alert } = await day.alertOf("S-0003", "it is silenced", ({ history }) =>
      history.some(({ reason }) => reason === "silenced"),
    );
    expect(alert.state).toBe("firing");
    await page.goto(`${day.url}/alerts/${alert.id}?lang=zh`);
    await says(page, "[data-test=timeline]", "静默期间，暂不通知");
    const after = day.messages.slice(before);
    const isAbout = ({ phone, text }: (typeof after)[number]): boolean =>
      phone === phones.station ? text.includes("快检阳性") : text.includes("S-0003");
    expect(after.filter(isAbout)).toEqual([]);
  }, 90_000);

  it("is among the tasks of the officer on duty, and nowhere for people of other areas", async () => {
    const { alert } = await day.alertOf("S-0002", "it is there", () => true);
    const mine = await as("wang.li", "/m");
    await says(mine, "[data-test=show-mine]", /我的待办 [12]/);
    await says(mine, "[data-test=card]", "快检阳性");
    await mine.click("[data-test=to-sites]");
    await mine.click("[data-test=site-link]:has-text('松柏农贸市场')");
    await says(mine, "[data-test=site-alerts]", "快检阳性");
    await says(mine, "[data-test=site-device]", /tester-1\s*在线/);
    await says(mine, "[data-test=site-tests]", /韭菜\s*阳性（待复检）.*S-0002/s);
    expect(await sticksOutPx(mine)).toBeLessThanOrEqual(0);
    expect(await seriousFindings(mine)).toEqual([]);
    const seesNothing = async (user: string): Promise<void> => {
      const page = await as(user, "/m");
      await says(page, "[data-test=show-all]", "全部待处理 0");
      for (const path of [`a/${alert.id}`, "a/none"]) {
        await page.goto(`${day.url}/${path}?lang=zh`);
        await says(page, "[data-test=no-alert]", "没有这条预警，或不在您的辖区内");
      }
      // Whatever limits what somebody sees, the server asks the same for every page: one looks at all of them.
      if (user !== "lin.mei") return;
      await page.goto(`${day.url}/m/site/songbai?lang=zh`);
      await says(page, "[data-test=no-site]", "没有这个场所，或不在您的辖区内");
      await page.goto(`${day.url}/messages?lang=zh`);
      await says(page, "main", "还没有发出过消息");
      await page.goto(`${day.url}/duty?lang=zh`);
      await says(page, "[data-test=duty-row]", "滨海中学食堂");
      expect(await page.locator("[data-test=duty-row]", { hasText: "松柏农贸市场" }).count()).toBe(0);
      expect(await textOf(page, "main")).not.toContain("示例己");
    };
    await Promise.all([seesNothing("lin.mei"), seesNothing("op.binhai")]);
    // Of the certificate, which no authority of this browser has signed, only the phone's worker complains.
    const complaints = open.flatMap(({ complaints: all }) => all);
    expect(complaints.filter((text) => !text.includes("SSL certificate error"))).toEqual([]);
  }, 90_000);
});
