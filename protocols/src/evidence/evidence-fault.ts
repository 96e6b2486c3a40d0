/** Why an evidence file is refused, in both languages. Numbers are filled in by {@link faultAt}. */
const reasons = {
  "no-manifest": { zh: "文件在清单结束之前就结束了", en: "the file ends before its manifest does" },
  "not-a-manifest": {
    zh: "这不是证据文件：清单无法解析",
    en: "this is not an evidence file: the manifest does not parse",
  },
  "foreign-manifest": {
    zh: "清单不是由指定的中心密钥签署",
    en: "the manifest is not signed by the pinned key of the centre",
  },
  "key-id": {
    zh: "密钥历史中有密钥与其编号不符，或出现两次",
    en: "a key of the history stands under another key's id, or twice",
  },
  "pinned-key": {
    zh: "密钥历史中没有指定的网关密钥",
    en: "the pinned key of the gateway is not in its key history",
  },
  rotation: {
    zh: "密钥历史中有一份换钥声明不成立",
    en: "a rotation statement of the key history does not hold",
  },
  "too-much": { zh: "内容多于清单所列", en: "more stands here than the manifest names" },
  "span-begin": { zh: "清单中的这一段没有在此处开始", en: "the span of the manifest does not begin here" },
  "span-missing": { zh: "缺少清单中的这一段", en: "the span is missing" },
  "record-count": { zh: "记录条数与清单不符", en: "the number of records is not the manifest's" },
  "chain-begin": { zh: "链不是从数据线的起点开始", en: "the chain does not begin at the line's start" },
  "unknown-form": { zh: "此处不应有这一行", en: "this line has no place here" },
  "cut-off": { zh: "有一行被截断或过长", en: "a line is cut off or too long" },
  "record-place": {
    zh: "记录注明的位置与此处不符",
    en: "the record names another place than the one it stands at",
  },
  "withheld-shown": {
    zh: "清单注明隐去之处却有记录原文",
    en: "a record is present that the manifest names as withheld",
  },
  "not-withheld": { zh: "清单未注明隐去之处只有摘要", en: "a record is withheld that the manifest does not name" },
  "digest-form": { zh: "摘要的格式不对", en: "a digest of unknown form" },
  "seal-form": { zh: "封签的格式不对", en: "a seal of unknown form" },
  "seal-place": { zh: "封签所封的是别处", en: "a seal that does not belong here" },
  "seal-twice": { zh: "同一条记录出现两个封签", en: "a second seal over one record" },
  "seal-key": { zh: "封签所用的密钥不在密钥历史中", en: "sealed with a key that is not in the history" },
  "seal-revoked": { zh: "封签所用的密钥在此处已被吊销", en: "sealed with a key behind its revocation" },
  "seal-broken": {
    zh: "封签不成立：自上一封签以来有内容被改动、增加或删除",
    en: "the seal does not verify: something since the seal before it was changed, added or left out",
  },
  "record-missing": { zh: "缺少这条记录", en: "this record is missing" },
  "span-end": { zh: "链的终点与清单不符", en: "h at the end is not the manifest's" },
  unsealed: { zh: "本段最后一条记录没有封签", en: "the last record of the span is not sealed" },
  "seals-changed": {
    zh: "本段的封签有缺少、增加或调换",
    en: "seals of the span are missing, added or exchanged",
  },
} as const;

export type EvidenceFaultCode = keyof typeof reasons;

/**
 * The first thing that does not hold. `span` is null where the manifest, or the file as a whole, is at fault; `seq` is null
 * where no record is: a span that is missing or does not begin.
 */
export interface EvidenceFault {
  readonly span: number | null;
  readonly seq: number | null;
  readonly code: EvidenceFaultCode;
  readonly reason: { readonly zh: string; readonly en: string };
}

/** A fault at its place. */
export const faultAt = (span: number | null, seq: number | null, code: EvidenceFaultCode): EvidenceFault => ({
  span,
  seq,
  code,
  reason: reasons[code],
});
