import { z } from "zod";

const isExpression = (text: string): boolean => {
  try {
    return new RegExp(text, "iu") instanceof RegExp;
  } catch {
    return false;
  }
};

/** A regular expression as text; upper and lower case are the same. */
export const expression = z
  .string()
  .min(1)
  .max(500)
  .refine(isExpression, "须为有效的正则表达式 / must be a valid regular expression");
