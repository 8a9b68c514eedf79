// Schemas as tables: name, type with its limits, what for.

import { el } from "../../demo/dom.js";
import { words } from "./docs-words.js";

export class Schemas {
  constructor(contract) {
    this.contract = contract;
  }

  /** What a `$ref` leads to; anything else as it is. */
  resolve(value) {
    if (!value?.$ref) return value;
    return this.resolve(value.$ref.slice(2).split("/").reduce((part, name) => part[name], this.contract));
  }

  /** Every name in it, two levels deep. */
  namesIn(schema, depth = 2) {
    const properties = Object.entries(this.resolve(schema)?.properties ?? {});
    return properties.flatMap(([name, inside]) => [name, ...(depth > 0 ? this.namesIn(inside, depth - 1) : [])]);
  }

  /** In a few words: `integer 1 … 8`, or a link to a schema that has a name. */
  type(schema) {
    if (schema.$ref) {
      const name = schema.$ref.split("/").pop();
      return el("a", { href: `#schema-${name}`, text: name });
    }
    if (schema.anyOf) return el("span", {}, ...schema.anyOf.flatMap((one, place) => [place ? " or " : "", this.type(one)]));
    if (schema.type === "array") return el("span", {}, "list of ", this.type(schema.items ?? {}), schema.maxItems ? `, at most ${schema.maxItems}` : "");
    return el("span", { text: plain(schema) });
  }

  /** The members of an object, with those of the objects in it to this depth; of anything else its type. */
  table(given, depth = 0) {
    const schema = this.resolve(given);
    if (!schema.properties) return el("p", {}, this.type(schema));
    const head = el("tr", {}, ...["name", "type", "what for"].map((text) => el("th", { scope: "col", text })));
    return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Members" },
      el("table", {}, el("thead", {}, head), el("tbody", {}, ...this.rows(schema, "", depth))));
  }

  /** What is required comes first. */
  rows(schema, within, depth) {
    const required = schema.required ?? [];
    const all = Object.entries(schema.properties).sort(([a], [b]) => required.includes(b) - required.includes(a));
    return all.flatMap(([name, given]) => {
      const inside = this.resolve(given);
      const path = within ? `${within}.${name}` : name;
      const row = this.row(path, given, inside, required.includes(name));
      return inside.properties && depth > 0 ? [row, ...this.rows(inside, path, depth - 1)] : [row];
    });
  }

  row(name, given, inside, required) {
    return el("tr", {},
      el("th", { scope: "row" }, el("code", { text: name }), required ? el("em", { text: " required" }) : null),
      el("td", {}, this.type(given)),
      el("td", {}, words(given.description ?? inside.description)),
    );
  }
}

function plain(schema) {
  const kind = [schema.type ?? "anything"].flat().join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.format === "binary") return "a file";
  const limits = [];
  if (schema.minimum !== undefined && schema.maximum !== undefined) limits.push(`${schema.minimum} … ${schema.maximum}`);
  else if (schema.minimum !== undefined) limits.push(`at least ${schema.minimum}`);
  if (schema.multipleOf) limits.push(`a multiple of ${schema.multipleOf}`);
  if (schema.maxLength) limits.push(`at most ${schema.maxLength} bytes`);
  if (schema.format && schema.format !== "int64") limits.push(schema.format);
  return [kind, ...limits].join(", ");
}
