// Writes src/schema.ts from the gateway's OpenAPI document: `npm run generate`. With `--check` it only compares.
//
// The document comes from the program named by ASTRIA_GATEWAY_BIN, otherwise from `cargo run`.

import { readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";
import { openapi } from "./gateway.mjs";

const target = new URL("../src/schema.ts", import.meta.url);
const head = "// Made by `npm run generate` from `astria-gateway openapi`. Do not edit.\n\n";
const types = head + astToString(await openapiTS(whatTypesNeed(openapi()), { alphabetize: true }));

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== types) {
    console.error("src/schema.ts is not what the gateway's document says: npm run generate");
    process.exit(1);
  }
} else {
  writeFileSync(target, types);
}

/** The document without what no type of the client says: errors (they are all Problems), headers of replies, bodies of forms. */
function whatTypesNeed({ paths, components, ...document }) {
  for (const item of Object.values(paths)) {
    for (const operation of Object.values(item)) {
      if (!operation.responses) continue;
      const successes = Object.entries(operation.responses).filter(([status]) => status.startsWith("2"));
      operation.responses = Object.fromEntries(successes.map(([status, { description, content }]) => [status, { description, content }]));
      const json = operation.requestBody?.content["application/json"];
      if (json) operation.requestBody.content = { "application/json": json };
    }
  }
  const schemas = {};
  const keep = (part) => {
    for (const [, name] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name in schemas) continue;
      schemas[name] = components.schemas[name];
      keep(schemas[name]);
    }
  };
  keep([paths, { $ref: "#/components/schemas/Problem" }]);
  return { ...document, paths, components: { schemas, parameters: components.parameters } };
}
