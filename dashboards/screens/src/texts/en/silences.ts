import type { silenceTexts as zh } from "../zh/silences.ts";

/** What the page about silences says, in English. */
export const silenceTexts: typeof zh = {
  silences: {
    title: "Silences",
    list: "All silences",
    empty: "Nothing is silenced.",
    emptyNext: "Silence what is being repaired or rehearsed: alerts are on the screens and told to nobody.",
    make: "Silence something",
    about:
      "Alerts that meet all of this are on the screens as ever and told to nobody. Those that still fire when the silence ends are told then.",
    label: "What",
    value: "Value",
    labels: { rule: "Rule", device: "Device", gateway: "Gateway", site: "Site", severity: "Severity" },
    add: "One more condition",
    remove: "Remove",
    howLong: "How long",
    hours: "{n} h",
    days: "{n} d",
    comment: "Why (stands in the history)",
    submit: "Silence it",
    working: "Sending…",
    what: "What",
    state: "State",
    from: "From",
    to: "To",
    why: "Why",
    end: "End now",
    states: { active: "Silenced", ended: "Ended by hand", coming: "To come", past: "Over" },
    left: "for {span}",
    endedBy: "{by}, {at}",
  },
};
