import { manifests, records, splices } from "./content-mutations.ts";
import { afterSeal, blocksOf, lineFeed, type Mutation, onLines, pick } from "./line-edits.ts";
import { seals } from "./seal-mutations.ts";

/** Octets that mean something to somebody: line ends, marks, invisible and look-alike letters, invalid UTF-8. */
const tricks = [
  "\r",
  "\n",
  "\n\n",
  "\r\n",
  "\0",
  "\t",
  " ",
  "\ufeff",
  "\u200b",
  "\u00a0",
  "\u2028",
  "\u0301",
  "а",
  "０",
  "P 1\n",
  "S ",
  "R ",
].map((text) => Buffer.from(text, "utf8"));
const invalid = [Buffer.of(0xc0, 0x80), Buffer.of(0xff), Buffer.of(0xed, 0xa0, 0x80)];

const bytes: Record<string, Mutation> = {
  "an octet changed": ({ file }, random) => {
    const copy = Buffer.from(file);
    copy[random.below(copy.length)] = random.below(256);
    return copy;
  },
  "a bit flipped": ({ file }, random) => {
    const copy = Buffer.from(file);
    const at = random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
    return copy;
  },
  "octets deleted": ({ file }, random) => {
    const at = random.below(file.length);
    return Buffer.concat([file.subarray(0, at), file.subarray(at + 1 + random.below(40))]);
  },
  "octets inserted": ({ file }, random) => {
    const at = random.below(file.length + 1);
    const what = Buffer.from(Array.from({ length: 1 + random.below(8) }, () => random.below(256)));
    return Buffer.concat([file.subarray(0, at), what, file.subarray(at)]);
  },
  "a trick inserted": ({ file }, random) => {
    const at = random.below(file.length + 1);
    return Buffer.concat([file.subarray(0, at), pick([...tricks, ...invalid], random), file.subarray(at)]);
  },
  "a piece repeated": ({ file }, random) => {
    const at = random.below(file.length);
    const end = Math.min(file.length, at + 1 + random.below(2000));
    return Buffer.concat([file.subarray(0, end), file.subarray(at)]);
  },
  "cut off anywhere": ({ file }, random) => file.subarray(0, random.below(file.length)),
};

const lines: Record<string, Mutation> = {
  "a line deleted": onLines((all, random) => void all.splice(random.below(all.length), 1)),
  "some lines deleted": onLines((all, random) => void all.splice(random.below(all.length), 1 + random.below(6))),
  "a line repeated": onLines((all, random) => {
    const at = random.below(all.length);
    all.splice(at, 0, all[at] ?? lineFeed);
  }),
  "two lines exchanged": onLines((all, random) => {
    const [a, b] = [random.below(all.length), random.below(all.length)];
    [all[a], all[b]] = [all[b] ?? lineFeed, all[a] ?? lineFeed];
  }),
  "neighbours exchanged": onLines((all, random) => {
    const at = random.below(all.length - 1);
    all.splice(at, 2, all[at + 1] ?? lineFeed, all[at] ?? lineFeed);
  }),
  "a line moved": onLines((all, random) => {
    const [line] = all.splice(random.below(all.length), 1);
    all.splice(random.below(all.length + 1), 0, line ?? lineFeed);
  }),
  "cut off behind a line": onLines((all, random) => void all.splice(random.below(all.length))),
  "cut off behind a seal": onLines((all, random) => void all.splice(afterSeal(all, random))),
  "a stretch between seals left out": onLines((all, random) => {
    const [a, b] = [afterSeal(all, random), afterSeal(all, random)].sort((x, y) => x - y);
    all.splice(a ?? 0, (b ?? 0) - (a ?? 0));
  }),
  "an empty line": onLines((all, random) => void all.splice(random.below(all.length + 1), 0, Buffer.alloc(0))),
  "a carriage return": onLines((all, random) => {
    const at = random.below(all.length);
    all[at] = Buffer.concat([all[at] ?? lineFeed, Buffer.from("\r")]);
  }),
  "carriage returns from here on": onLines((all, random) => {
    for (let at = random.below(all.length); at < all.length; at++)
      all[at] = Buffer.concat([all[at] ?? lineFeed, Buffer.from("\r")]);
  }),
  "spans exchanged": onLines((all, random) => {
    const blocks = blocksOf(all);
    const at = random.below(blocks.length - 1);
    const [[start, middle], [, end]] = [blocks[at] ?? [0, 0], blocks[at + 1] ?? [0, 0]];
    all.splice(start, end - start, ...all.slice(middle, end), ...all.slice(start, middle));
  }),
  "spans exchanged and numbered anew": onLines((all, random) => {
    const blocks = blocksOf(all);
    const at = random.below(blocks.length - 1);
    const [[start, middle], [, end]] = [blocks[at] ?? [0, 0], blocks[at + 1] ?? [0, 0]];
    const [before, behind] = [all.slice(start + 1, middle), all.slice(middle + 1, end)];
    all.splice(start, end - start, Buffer.from(`P ${at}`), ...behind, Buffer.from(`P ${at + 1}`), ...before);
  }),
  "a span left out": onLines((all, random) => {
    const [start, end] = pick(blocksOf(all), random);
    all.splice(start, end - start);
  }),
  "a span twice": onLines((all, random) => {
    const [start, end] = pick(blocksOf(all), random);
    all.splice(end, 0, ...all.slice(start, end));
  }),
};

/** Every way to change a file, by name. */
export const mutations: Readonly<Record<string, Mutation>> = {
  ...bytes,
  ...lines,
  ...seals,
  ...records,
  ...manifests,
  ...splices,
};
