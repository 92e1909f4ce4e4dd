// npm run docs: the site of the documentation, in dist/docs. A symbol without a docstring or a dead link fails.
//   npm run docs
//   DOCS_BASE=/sightline/ npm run docs     for a site that is not at the root of its server
import { relative } from "node:path";
import { buildDocs } from "./docs/build.mjs";
import { prepareBuild, root } from "./setup.mjs";

await prepareBuild();
const site = await buildDocs();
console.log(
  `${relative(root, site)}: put this folder on any web server, or look at it: npx serve ${relative(root, site)}`,
);
