/** A page of the phone, and what it is about. */
export type PhonePage = { readonly page: "home" | "sites" } | { readonly page: "alert" | "site"; readonly id: string };

/** The page at a path; the first one where there is none. A message's link leads to `/a/<id>`. */
export const phonePageAt = (path: string): PhonePage => {
  if (/^\/m\/sites\/?$/.test(path)) return { page: "sites" };
  const [, kind, id] = /^\/(a|m\/alerts|m\/site)\/([^/]+)\/?$/.exec(path) ?? [];
  if (id === undefined) return { page: "home" };
  try {
    return { page: kind === "m/site" ? "site" : "alert", id: decodeURIComponent(id) };
  } catch {
    // A link that was cut off in the middle of a character.
    return { page: "home" };
  }
};
