import type { ProviderName } from "./provider-state.ts";

const words: ReadonlySet<string> = new Set(["normal", "reset", "unavailable", "nonsense", "lost"]);
/** Aliyun's own codes, and those of the gateway in front of its services. */
const aliyun =
  /^(?:is[pv]\.\w|Throttling\b|Signature(?:DoesNotMatch|NonceUsed)$|IncompleteSignature$|InvalidTimeStamp\.|InvalidAccessKeyId\.|NoPermission$|ServiceUnavailable$)/;

/** Whose code an answer is that the providers were told to give; undefined: nobody's. */
export const codeOwner = (answer: string): ProviderName | undefined => {
  if (words.has(answer)) return undefined;
  if (/^-?\d{1,6}$/.test(answer)) return "wecom";
  if (aliyun.test(answer)) return "aliyun";
  return /^[A-Z][A-Za-z]+(?:\.\w+)*$/.test(answer) ? "tencent" : undefined;
};

/** True for what the providers can be told to answer: one of the words, or a code of one of them. */
export const isAnswer = (answer: string): boolean => words.has(answer) || codeOwner(answer) !== undefined;
