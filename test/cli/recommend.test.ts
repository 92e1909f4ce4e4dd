import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { classroom } from "../../src/classroom/index.js";

const run = promisify(execFile);
const cli = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

describe("sightline recommend", () => {
  let folder: string;
  let names: string[];
  let model: string[];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "sightline-recommend-"));
    names = await Promise.all(
      classroom.pictures({ count: 3, seed: 41 }).map(async ({ image: { data, width, height } }, i) => {
        const name = join(folder, `${i}.png`);
        await sharp(data, { raw: { width, height, channels: 3 } })
          .png()
          .toFile(name);
        return name;
      }),
    );
    model = ["--model", fileURLToPath(classroom.models.honest.url)];
  });
  after(() => rm(folder, { recursive: true }));

  const sightline = (...args: string[]) => run(process.execPath, [cli, ...args], { cwd: folder });

  it("prints a table and three sentences, or JSON that explain follows", async () => {
    const asked = ["recommend", ...names, ...model, "--method", "recipro-cam,activation-map", "--nulls", "2"];
    const [{ stdout: text }, { stdout: json }] = [await sightline(...asked), await sightline(...asked, "--json")];
    const found = JSON.parse(json);
    assert.equal(found.sentences.length, 3);
    assert.equal(text.trimEnd().split("\n").slice(-3).join("\n"), found.sentences.join("\n"));
    const table = text
      .split("\n")
      .filter((line) => /^(recipro-cam|activation-map|random maps|centred Gaussian) /.test(line));
    assert.equal(table.length, 4);
    for (const line of table) assert.match(line, /[\d.]+ \([\d.]+ to [\d.]+\)/);
    await writeFile(join(folder, "followed.json"), JSON.stringify({ ...found, method: "activation-map" }));
    const explained = await sightline("explain", names[0], ...model, "--recommendation", "followed.json", "--json");
    const [{ method, notes }] = JSON.parse(explained.stdout);
    assert.equal(method, "activation-map");
    assert.match(notes.join("\n"), /recommended for this model over 3 pictures/);
  });

  it("says what is wrong with too few pictures, and with what is no recommendation", async () => {
    const fails = (words: RegExp, ...args: string[]) =>
      assert.rejects(sightline(...args), (error: { code?: number; stderr?: string }) => {
        assert.equal(error.code, 1);
        assert.match(String(error.stderr), words);
        return true;
      });
    await fails(/2 pictures are too few/, "recommend", names[0], names[1], ...model);
    await fails(/unknown method 'nothing'/, "recommend", ...names, ...model, "--method", "nothing");
    await writeFile(
      join(folder, "other.json"),
      JSON.stringify({ model: { sha256: "0" }, method: "rise", pictures: 3 }),
    );
    await writeFile(join(folder, "broken.json"), "{");
    const following = (file: string) => ["explain", names[0], ...model, "--recommendation", file];
    await fails(/not about this model/, ...following("other.json"));
    await fails(/is not JSON/, ...following("broken.json"));
    await fails(/cannot be read/, ...following("absent.json"));
  });
});
