// What would be published is what should be, and the demo page has the newest client: `npm run check`, after a build.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const said = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
const [pack] = JSON.parse(said);
const allowed = /^(dist\/.+\.(js|js\.map|d\.ts)|README\.md|LICENSE|package\.json)$/;
const strays = pack.files.map(({ path }) => path).filter((path) => !allowed.test(path));
if (strays.length > 0) {
  console.error(`the package would hold what it should not: ${strays.join(", ")}`);
  process.exit(1);
}
console.log(`${pack.id}: ${pack.files.length} files, ${Math.round(pack.size / 1000)} kB packed`);

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
if (read("../build/astria-client.js") !== read("../../../demo/astria-client.js")) {
  console.error("demo/astria-client.js is not what the client builds: npm run build -- --demo");
  process.exit(1);
}
