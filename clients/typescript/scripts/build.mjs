// Makes dist/ (what is published) and build/ (the tests, and all of it in one file): `npm run build`. With `--demo` the demo page
// gets that file.

import { execFileSync } from "node:child_process";
import { copyFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const tsc = (...args) => execFileSync(process.execPath, [here("node_modules/typescript/bin/tsc"), ...args], { stdio: "inherit" });

rmSync(here("dist"), { recursive: true, force: true });
rmSync(here("build"), { recursive: true, force: true });
tsc("-p", here("tsconfig.json"));
tsc("-p", here("tsconfig.test.json"));

const banner = "// Made from clients/typescript by `npm run build -- --demo`. Do not edit.";
const bundle = here("build/astria-client.js");
buildSync({ entryPoints: [here("dist/index.js")], outfile: bundle, bundle: true, format: "esm", target: "es2022", banner: { js: banner } });
if (process.argv.includes("--demo")) copyFileSync(bundle, here("../../demo/astria-client.js"));
