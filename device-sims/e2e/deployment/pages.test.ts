import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { commandsIn, unknownInCommand } from "./programs.ts";

const pages = ["docs/install-gateway.md", "docs/install-centre.md"];

/** Commands of a page in code blocks and in backquotes. */
const shownIn = (page: string): string[][] =>
  [...page.matchAll(/```bash\n([\s\S]*?)```|`([^`\n]+)`/g)].flatMap(([, block = "", inline = ""]) =>
    commandsIn(`${block}${inline}`.replaceAll(/ +#.*$/gm, "")),
  );

describe("pages about installing", () => {
  it("show commands and options that our programs have", () => {
    const wrong = pages.flatMap((path) =>
      shownIn(readFileSync(join(repositoryRoot, path), "utf8")).flatMap((command) =>
        unknownInCommand(command).map((finding) => `${path}: ${finding}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it("would be found out with a command that is not there", () => {
    const shown = shownIn(
      "Run `mingcheng-cloud channel try duty`, or\n```bash\nmingcheng-gateway check --file x   # why\n```\n",
    );
    expect(shown.flatMap(unknownInCommand)).toEqual([
      "no command mingcheng-cloud channel try",
      "mingcheng-gateway check has no option --file",
    ]);
  });
});
