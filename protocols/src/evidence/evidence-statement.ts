import type { EvidenceReport } from "./evidence-verifier.ts";
import type { EvidenceManifest } from "./manifest.ts";

interface Sentence {
  readonly zh: string;
  readonly en: string;
}

/** What may be said of a file, in both languages. */
export interface EvidenceStatement {
  /** Good, or the first bad place. */
  readonly verdict: Sentence;
  /** What follows from it; of a file that is not good, what the place means. */
  readonly meaning: Sentence;
  /** What is not proven, first what concerns this very file. Empty when the file is not good. */
  readonly notProven: readonly Sentence[];
  /** Where the keys came from the same place as the file. */
  readonly warning: Sentence | null;
}

const both = (zh: string, en: string): Sentence => ({ zh, en });

const placeOf = ({ span, seq }: NonNullable<EvidenceReport["fault"]>): Sentence => {
  if (span === null) return both("清单或整个文件", "the manifest or the whole file");
  if (seq === null) return both(`第 ${span} 段`, `span ${span}`);
  return both(`第 ${span} 段，序号 ${seq}`, `span ${span}, record ${seq}`);
};

const proven = both(
  "持有网关密钥者按此顺序封签了这些记录，段内没有增加、改动或遗漏；如网关时钟正确，封签不晚于其所注时间。",
  "The holder of the gateway's key sealed these records in this order, without insertion, change or omission inside a span, no later than the seals say if the gateway's clock was right.",
);

const always: readonly Sentence[] = [
  both(
    "尚未上传的内容，持有网关密钥者可以改写；中心签收之后的改动会留下争议。",
    "The holder of the gateway's key can rewrite what was not yet sent; a change after the centre's receipt leaves a dispute.",
  ),
  both(
    "设备告知网关的内容是否属实；每条记录都保留设备的原始字节。",
    "That a device told the gateway the truth; each record keeps the device's own bytes.",
  ),
  both("段与段之间或网关停机期间没有发生任何事。", "That nothing happened between spans or while the gateway was off."),
  both(
    "清单截至其时间是否完整：这是中心的陈述，有其签名。",
    "That the manifest is complete as of its time: the centre's word, signed.",
  ),
];

/** Reasons of gaps as people say them; the format's own word for one of a later version. */
const gapReasons: Readonly<Record<string, Sentence>> = {
  freed: both("签收后已腾出空间", "freed after a receipt"),
  lost: both("上传前已损毁", "destroyed before it was sent"),
  withheld: both("只收到摘要", "only the digest arrived"),
  rollback: both("网关磁盘回退", "the gateway's disk went back in time"),
  restore: both("中心由备份恢复", "the centre was restored from a copy"),
  revoked: both("仅由已吊销的密钥封签", "sealed by a revoked key only"),
};

const gapText = ({ ep, from, to, reason }: EvidenceManifest["gaps"][number], language: keyof Sentence): string =>
  `${ep}/${from}-${to ?? "…"} (${gapReasons[reason]?.[language] ?? reason})`;

const mostNamed = 5;

/** What of this very file is not proven, besides what never is. */
const ofThisFile = (
  { withheld, seals, unvouched }: EvidenceReport,
  { spans, gaps, restores = [] }: EvidenceManifest,
): Sentence[] => {
  const found: Sentence[] = [];
  if (withheld > 0) {
    found.push(
      both(
        `${withheld} 条记录仅有摘要：其内容未出示，位置已证明。`,
        `What ${withheld} records say of which only the digest is there; their places are proven.`,
      ),
    );
  }
  if (unvouched > 0) {
    found.push(
      both(
        `${seals} 个封签中 ${unvouched} 个所用的密钥与指定的网关密钥之间没有换钥声明：属于该网关仅是中心的陈述（例如更换了设备）。`,
        `That the keys of ${unvouched} of ${seals} seals are the gateway's: no rotation statement joins them with the pinned key, it is the centre's word alone (a replaced box, for example).`,
      ),
    );
  }
  const disputed = spans.flatMap((span, index) => (span.disputed ? [index] : []));
  if (disputed.length > 0) {
    const list = disputed.slice(0, mostNamed).join(", ");
    found.push(
      both(
        `有争议的段（两台设备使用同一身份，尚未裁定）：${list}`,
        `Which of two boxes with one identity was the real one, not decided yet, in spans ${list}.`,
      ),
    );
  }
  if (gaps.length > 0) {
    const list = (language: keyof Sentence): string =>
      gaps
        .slice(0, mostNamed)
        .map((gap) => gapText(gap, language))
        .join(", ");
    found.push(
      both(
        `清单列明的缺口 ${gaps.length} 处（轮次/序号）：${list("zh")}`,
        `What the ledger does not have, or no seal that counts covers: ${gaps.length} gaps (epoch/numbers), ${list("en")}.`,
      ),
    );
  }
  if (restores.length > 0) {
    const list = restores.map(({ from, to }) => `${from} – ${to}`).join(", ");
    found.push(
      both(
        `中心曾从备份恢复：${list}。其间收到的内容，凡网关仍有的已补齐，其余可能缺失。`,
        `That everything received in ${list} is here: the centre was restored from a backup; what gateways still had they sent again.`,
      ),
    );
  }
  return found;
};

const verdictOf = (report: EvidenceReport): Sentence => {
  const { ok, fault, manifest, records, withheld, seals } = report;
  if (!ok || manifest === null) {
    if (fault === null) return both("不通过", "not good");
    const place = placeOf(fault);
    return both(`不通过：${place.zh}：${fault.reason.zh}`, `not good: ${place.en}: ${fault.reason.en}`);
  }
  const { gw, asOf, spans } = manifest;
  return both(
    `通过：网关 ${gw}，截至 ${asOf}，${records} 条记录逐字节一致，${withheld} 条仅有摘要，${spans.length} 段，${seals} 个封签`,
    `good: gateway ${gw}, as of ${asOf}, ${records} records exactly as captured, ${withheld} by digest only, ${spans.length} spans, ${seals} seals`,
  );
};

const behindFault = both(
  "这是第一处不成立的地方；其后的内容未经核验，不能作为证明。",
  "This is the first place that does not hold; what follows it was not verified and proves nothing.",
);

const ownKeysWarning = both(
  "注意：公钥与文件同出一处，只能证明两者一致，不能证明未被该处一并更换。请用另行取得的公钥再核验一次。",
  "Note: the keys come from the same place as the file, so this only shows that the two agree, not that they were not replaced together. Verify again with keys that you got by another way.",
);

/** What may be said after a verification. `isOwn`: the keys came from the same centre as the file. */
export const evidenceStatement = (
  report: EvidenceReport,
  { isOwn }: { readonly isOwn: boolean },
): EvidenceStatement => {
  const { ok, manifest } = report;
  const isGood = ok && manifest !== null;
  return {
    verdict: verdictOf(report),
    meaning: isGood ? proven : behindFault,
    notProven: isGood ? [...ofThisFile(report, manifest), ...always] : [],
    warning: isOwn ? ownKeysWarning : null,
  };
};
