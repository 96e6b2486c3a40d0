/** Control and format characters, halves of pairs, ends of lines. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu;
/** Letters, digits, dots and strokes of double width: telephones take them for what they look like. */
const wide = /[０-９Ａ-Ｚａ-ｚ．／＠]/gu;
const scheme = /[a-z][a-z0-9+.-]{1,15}[:：]\/\/\S*|www\.\S*/giu;
const mail = /[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]*/gu;
/** A name with an end of letters, or four numbers; a path may follow. */
const host =
  /[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}(?::\d+)?(?:\/\S*)?|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])(?::\d+)?(?:\/\S*)?/gu;
/** As people write them: mobile, with an area code, 400 and 800; at last whatever has seven digits. */
const telephones = [
  /(?<!\d)(?:\+?86[-\s]?)?1[3-9]\d[-\s.]?\d{4}[-\s.]?\d{4}(?!\d)/gu,
  /(?<!\d)[(（]?0\d{2,3}[)）]?[-\s.]?\d{3,4}[-\s.]?\d{4}(?!\d)/gu,
  /(?<!\d)[48]00[-\s.]?\d{3,4}[-\s.]?\d{3,4}(?!\d)/gu,
  /\d{7,}/gu,
];

const halfWidth = (character: string): string => String.fromCharCode(character.charCodeAt(0) - 0xfee0);

/** What a device, a register or a person wrote, without what telephones and chats would make a link of. */
export const withoutLinks = (text: string): string =>
  text.replace(unseen, "").replace(wide, halfWidth).replace(scheme, "").replace(mail, "").replace(host, "").trim();

/** The same without telephone numbers, however they are written; dates, times and weights stay. */
export const plainWords = (text: string): string => {
  let clean = withoutLinks(text);
  for (const telephone of telephones) clean = clean.replace(telephone, "");
  return clean.trim();
};
