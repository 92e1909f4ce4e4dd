// npm run api [-- COMMIT]: what the change of the public surface since the last release, or since COMMIT, makes of the next
// version: major, minor or patch, and why. The last release is the newest tag v…, or else the commit that wrote the newest
// version into CHANGELOG.md. Fails where package.json's version is too small a step.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const { mayFollow, surfaceChange } = await import("../dist/test/support/api-change.js");

const SNAPSHOT = "test/fixtures/public-api.txt";
const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
const versionAt = (commit) => JSON.parse(git("show", `${commit}:package.json`)).version;
const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version;

function lastRelease() {
  const tags = git("tag", "--list", "v*", "--sort=-version:refname", "--merged").split("\n");
  const tag = tags.find((name) => name !== "" && name !== `v${version}`);
  if (tag) return tag;
  const changelog = readFileSync(join(root, "CHANGELOG.md"), "utf8");
  const heading = changelog.match(/^## \[\d.*$/gm)?.find((line) => !line.startsWith(`## [${version}]`));
  const commits = heading ? git("log", "--format=%h", `-S${heading}`, "--", "CHANGELOG.md") : "";
  if (commits === "") throw new Error("there is no tag v…, and no earlier version in CHANGELOG.md: name a commit");
  return commits.split("\n").at(-1);
}

const since = process.argv[2] ?? lastRelease();
const released = versionAt(since);
const { change, reasons } = surfaceChange(
  git("show", `${since}:${SNAPSHOT}`),
  readFileSync(join(root, SNAPSHOT), "utf8"),
);
for (const reason of reasons) console.log(`  ${reason}`);
console.log(`${change} since ${released} (${since}); the next version here is ${version}`);
if (!mayFollow(released, version, change)) {
  console.error(`${version} is too small a step after ${released}: the change is ${change}`);
  process.exit(1);
}
