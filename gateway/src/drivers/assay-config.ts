import { type AssayRule, ruleOfDefinition } from "@mingcheng/protocols";
import { z } from "zod";
import { assayLibrary } from "./assay-library.ts";

const limit = z.string().regex(/^-?\d+(\.\d+)?$/, "须为带引号的十进制限值 / must be a limit as decimal text in quotes");

const assayEntrySchema = z.strictObject({
  code: z
    .string()
    .min(1)
    .max(64)
    .describe(
      "仪器的检测项目代码，与结果中的相同 / the instrument's code for the assay, as in its results (LIS: result field 3).",
    ),
  use: z
    .string()
    .max(64)
    .optional()
    .describe(
      "采用随附的检测项目定义，其余选项只写与之不同的 / take a definition that comes with the project; give only what differs from it.",
    ),
  name: z.string().max(128).optional().describe("显示给人看的名称 / name shown to people."),
  method: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe("限值所依据的标准，如 GB/T 5009.199-2003 / the standard that sets the limit, e.g. GB/T 5009.199-2003."),
  unit: z
    .string()
    .min(1)
    .max(32)
    .optional()
    .describe(
      "单位；其他单位的结果不作判定，省略为任意单位 / results in another unit get no verdict; left out: any unit.",
    ),
  direction: z
    .enum(["above-is-positive", "below-is-positive", "qualitative"])
    .optional()
    .describe(
      "限值哪一侧为阳性；qualitative 以仪器结论为准 / which side of the limit is positive; qualitative: the instrument's own words count.",
    ),
  positiveFrom: limit.optional().describe("限值，等于此值为阳性 / limit; exactly this value is positive."),
  atLimit: z
    .enum(["positive", "negative"])
    .optional()
    .describe("恰等于限值时的结论，省略为 positive / what exactly the limit means; left out: positive."),
  suspectFrom: limit.optional().describe("从此值起为可疑，含此值 / from here on suspect; exactly this value included."),
  retests: z
    .int()
    .min(0)
    .max(9)
    .optional()
    .describe(
      "阳性或可疑时标准要求的复测次数 / repeats that the method asks for when a result is positive or suspect.",
    ),
});

type AssayEntry = z.output<typeof assayEntrySchema>;

/** What an entry says, without what it leaves out. */
const said = (entry: AssayEntry): Partial<AssayRule> =>
  Object.fromEntries(Object.entries(entry).filter(([key, value]) => key !== "use" && value !== undefined));

/** How one assay is judged: an entry of the configuration, completed from the definition it names. */
const assayRuleSchema = assayEntrySchema.transform((entry, context): AssayRule => {
  const refuse = (path: string, message: string) => {
    context.addIssue({ code: "custom", path: [path], message });
    return z.NEVER;
  };
  const definition = entry.use === undefined ? undefined : assayLibrary().get(entry.use);
  if (entry.use !== undefined && definition === undefined) {
    const known = [...assayLibrary().keys()].join(", ");
    return refuse("use", `没有此定义，现有：${known} / no such definition; there are: ${known}`);
  }
  const rule = { ...(definition === undefined ? {} : ruleOfDefinition(definition, entry.code)), ...said(entry) };
  const { code, method, direction } = rule;
  if (code === undefined || method === undefined) return refuse("method", "必须填写，或用 use / is needed, or use");
  if (direction === undefined) return refuse("direction", "必须填写，或用 use / is needed, or use");
  if (direction !== "qualitative" && rule.positiveFrom === undefined) {
    return refuse(
      "positiveFrom",
      "必须填写，除非 direction 为 qualitative / is needed unless direction is qualitative",
    );
  }
  return { ...rule, code, method, direction };
});

/** The option `assays` of a tester. `standard`: how this family is judged when nobody says otherwise. */
export const assaysOption = (standard: readonly z.input<typeof assayEntrySchema>[] = []) =>
  z
    .array(assayRuleSchema)
    .max(1000)
    .prefault([...standard])
    .describe(
      "结果如何判定；没有规则的项目不作判定，绝不算合格 / how results are judged; an assay without a rule gets no verdict, never a pass.",
    );
