// What its reader has opened stays open when the page's own news draw it anew: a morph would close it, for the server does not
// know. Whoever opened it closes it, or goes on to another page; what the server itself shows open still opens.
import htmx from "htmx.org";

interface Attribute { attrName: string; newValue: string | null }

htmx.registerExtension("opened", {
  htmx_before_morph_attr: (element: Element, { attrName, newValue }: Attribute): boolean =>
    !(attrName === "open" && newValue === null && element.matches("details") && element.closest("[hx-trigger*='live:']")),
});
