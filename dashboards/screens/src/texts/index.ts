import { createTextsOf } from "@mingcheng/ui/texts/language.ts";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

/** The texts of the centre's pages. */
export const createTexts = () => createTextsOf({ zh, en });
