// npm run docs: the site of the documentation, in dist/docs. A symbol without a docstring or a dead link fails.
//   npm run docs
//   npm run docs -- --base /sightline/     for a site that is not at the root of its server
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { buildDocs } from "./docs/build.mjs";
import { prepareBuild, root } from "./setup.mjs";

const { values } = parseArgs({ options: { base: { type: "string" } } });
await prepareBuild();
const site = await buildDocs(values);
console.log(
  `${relative(root, site)}: put this folder on any web server, or look at it: npx serve ${relative(root, site)}`,
);
