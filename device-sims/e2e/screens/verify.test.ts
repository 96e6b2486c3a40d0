import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keyIdOf, toHex } from "@mingcheng/protocols";
import { evidenceStatement } from "@mingcheng/protocols/evidence";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mutate, Specimens, type Trial, verifyWhole } from "../../src/evidence/campaign.ts";
import { mutations } from "../../src/evidence/mutations.ts";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { needs } from "../../src/harness/requirements.ts";
import { nodeCrypto } from "../../src/load/node-crypto.ts";
import { createRandom } from "../../src/random.ts";
import { launchBrowser, openPage, type PageSetup } from "./browser.ts";
import { FixtureCentre } from "./fixture-centre.ts";
import { sampleDay } from "./sample-day.ts";

const needed = needs("chromium");
const scratch = mkdtempSync(join(tmpdir(), "mingcheng-verify-page-"));
const specimen = new Specimens().at(1);
const { gateway, centre: centreKey } = specimen.pinned;
const keys = JSON.stringify({ gateway: toHex(gateway), centre: toHex(centreKey) });

let browser: Browser;
let centre: FixtureCentre;
let url: string;

beforeAll(async () => {
  if (needed.skip) return;
  expect(existsSync(join(repositoryRoot, "dashboards/screens/dist/verify.html")), "npm run build").toBe(true);
  browser = await launchBrowser();
  centre = new FixtureCentre({ account: null, password: "", today: sampleDay(), failure: null, dead: true });
  url = `${await centre.start()}verify`;
});

afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true });
  if (needed.skip) return;
  await browser.close();
  await centre.stop();
});

const fileNamed = (name: string, content: Uint8Array): string => {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
};

const verdictOf = async (page: Page): Promise<string> => {
  const result = page.locator("[data-test=verified], [data-test=refused]").first();
  await result.waitFor();
  return (await result.textContent()) ?? "";
};

const onPage = async (setup: Partial<PageSetup>, look: (page: Page) => Promise<void>): Promise<void> => {
  const { page, context, complaints } = await openPage(browser, { url, language: "zh", size: "desk", ...setup });
  await look(page);
  expect(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")).toBe(0);
  expect(complaints).toEqual([]);
  await context.close();
};

const choose = async (page: Page, path: string): Promise<void> => {
  await page.setInputFiles("input[name=file]", path);
  await page.click("button[type=submit]");
};

const placeOf = ({ named }: Trial): string => {
  if (named?.span == null) return "not good: the manifest or the whole file: ";
  return named.seq === null ? `not good: span ${named.span}: ` : `not good: span ${named.span}, record ${named.seq}: `;
};

describe.skipIf(needed.skip)(needed.title("the page that verifies evidence"), () => {
  it.each(["zh", "en"] as const)(
    "takes a dropped file and pasted keys, asks the centre nothing, in %s",
    async (language) => {
      await onPage({ language, size: language === "zh" ? "phone" : "desk" }, async (page) => {
        const submit = page.locator("button[type=submit]");
        await page.fill("textarea", "not keys");
        await page.getByRole("alert").waitFor();
        expect(await submit.isDisabled()).toBe(true);
        await page.fill("textarea", keys);
        const data = await page.evaluateHandle(
          `(() => {
          const transfer = new DataTransfer();
          const octets = Uint8Array.from(atob(${JSON.stringify(specimen.file.toString("base64"))}), (c) => c.charCodeAt(0));
          transfer.items.add(new File([octets], "market-a.mcx"));
          return transfer;
        })()`,
        );
        await page.dispatchEvent("[data-test=drop]", "drop", { dataTransfer: data });
        await submit.click();
        const said = await verdictOf(page);
        expect(said).toContain(language === "zh" ? "核验通过" : "Everything holds");
        expect(said).toContain("market-a");
        expect(said).toContain(language === "zh" ? "未证明" : "Not proven");
      });
      expect(centre.asked).toEqual([]);
    },
  );

  it("names the first bad place as the other verifiers do", async () => {
    const kinds = Object.keys(mutations).length;
    const random = createRandom(7);
    const trials = Array.from({ length: 12 }, () => mutate(specimen, random.below(50 * kinds)));
    await onPage({ language: "en" }, async (page) => {
      await page.setInputFiles("input[name=file]", fileNamed("keys.json", Buffer.from(keys)));
      for (const [index, trial] of trials.entries()) {
        const name = `bad-${index}.mcx`;
        await choose(page, fileNamed(name, trial.file));
        const said = await verdictOf(page);
        expect([trial.seed, trial.mutation, said]).toEqual([
          trial.seed,
          trial.mutation,
          expect.stringContaining(placeOf(trial)),
        ]);
        expect(said).toContain(name);
      }
    });
  });

  it("says the same as the program on the command line, in both languages", async () => {
    const { fault, ...report } = verifyWhole(specimen.file, specimen.pinned);
    const { meaning, notProven } = evidenceStatement({ fault, ...report }, { isOwn: false });
    expect(notProven.length).toBeGreaterThan(4);
    for (const language of ["zh", "en"] as const) {
      await onPage({ language }, async (page) => {
        await page.fill("textarea", keys);
        await choose(page, fileNamed("good.mcx", specimen.file));
        const said = await verdictOf(page);
        for (const sentence of [meaning, ...notProven]) expect(said).toContain(sentence[language]);
      });
    }
  });

  it("takes the centre's own key when asked to, names it, and warns that this proves less", async () => {
    const kid = keyIdOf(nodeCrypto.sha256, centreKey);
    Object.assign(centre.state, { dead: false, evidenceKeys: { centreName: "松柏区", centre: toHex(centreKey), kid } });
    await onPage({ language: "en" }, async (page) => {
      await page.click("[data-test=offer]");
      const offered = page.locator("[data-test=offered]");
      await offered.waitFor();
      expect(await offered.textContent()).toContain(kid);
      await choose(page, fileNamed("good.mcx", specimen.file));
      const said = await verdictOf(page);
      expect(said).toContain("Everything holds");
      expect(said).toContain("the keys come from the same place as the file");
      const bad = specimen.others[2] ?? specimen.file;
      await choose(page, fileNamed("forged.mcx", bad));
      await page.getByText("forged.mcx ·").waitFor();
      expect(await verdictOf(page)).toContain("the manifest is not signed by the pinned key of the centre");
    });
    centre.state.dead = true;
    await onPage({ language: "zh" }, async (page) => {
      await page.click("[data-test=offer]");
      await page.getByText("中心没有应答").waitFor();
    });
  });

  it("believes no file under other keys, and says so", async () => {
    await onPage({}, async (page) => {
      await page.fill(
        "textarea",
        JSON.stringify({ gateway: toHex(gateway), centre: toHex(specimen.forger.publicKey) }),
      );
      await choose(page, fileNamed("good.mcx", specimen.file));
      expect(await verdictOf(page)).toContain("清单不是由指定的中心密钥签署");
    });
  });
});
