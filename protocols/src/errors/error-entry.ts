/**
 * One line of the error catalogue: what a code means, who can act on it, and whether trying again can help.
 * `zh` and `en` say what happened; `next` says what the installer does now, in both languages.
 */
export interface ErrorEntry {
  readonly retryable: boolean;
  readonly zh: string;
  readonly en: string;
  readonly next: { readonly zh: string; readonly en: string };
}

/** One line of the catalogue: retryable, what happened, what to do; Chinese first. */
export const entry = (retryable: boolean, zh: string, en: string, nextZh: string, nextEn: string): ErrorEntry => ({
  retryable,
  zh,
  en,
  next: { zh: nextZh, en: nextEn },
});
