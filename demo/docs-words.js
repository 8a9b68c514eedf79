// The little of Markdown that the document's words use: paragraphs, lists, **strong**, `code`.

import { el } from "../../demo/dom.js";

export function words(text) {
  const blocks = (text ?? "").split(/\n{2,}/).filter(Boolean).map((block) => {
    const lines = block.split("\n");
    const isList = lines.every((line) => line.startsWith("- "));
    return isList ? el("ul", {}, ...lines.map((line) => el("li", {}, ...inline(line.slice(2))))) : el("p", {}, ...inline(block));
  });
  return el("div", { class: "words" }, ...blocks);
}

function inline(text) {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).filter(Boolean).map((part) => {
    if (part.startsWith("**")) return el("strong", { text: part.slice(2, -2) });
    if (part.startsWith("`")) return el("code", { text: part.slice(1, -1) });
    return part;
  });
}
