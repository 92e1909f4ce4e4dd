import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { copyLessons } from "../../src/cli/start/lessons.js";
import { findPython, type Probe, preparePython } from "../../src/cli/start/python.js";
import { runStep } from "../../src/cli/start/steps.js";
import { SightlineError } from "../../src/core/errors.js";

async function scratch(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-start-"));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe("lessons in a reader's folder", () => {
  test("come without outputs, with their pictures", () =>
    scratch(async (folder) => {
      const { notebooks, kept } = await copyLessons(folder);
      assert.ok(notebooks.length >= 6);
      assert.deepEqual(kept, []);
      for (const path of notebooks) {
        const { cells, metadata } = JSON.parse(await readFile(path, "utf8"));
        assert.equal(metadata.widgets, undefined);
        for (const cell of cells) if (cell.cell_type === "code") assert.deepEqual(cell.outputs, []);
      }
      assert.ok((await readdir(join(folder, "images"))).includes("chelsea.png"));
    }));

  test("are brought up to date where they are as we wrote them, and left where the reader changed or made them", () =>
    scratch(async (folder) => {
      const from = join(folder, "from");
      const to = join(folder, "to");
      const lesson = (text: string) =>
        JSON.stringify({
          cells: [{ cell_type: "markdown", metadata: {}, source: text }],
          metadata: {},
          nbformat: 4,
          nbformat_minor: 5,
        });
      await copyLessons(from);
      for (const name of ["a", "b"]) await writeFile(join(from, `${name}.ipynb`), lesson("first"));
      await copyLessons(to, from);
      await writeFile(join(to, "b.ipynb"), "mine");
      await writeFile(join(to, "c.ipynb"), "mine, too");
      for (const name of ["a", "b", "c"]) await writeFile(join(from, `${name}.ipynb`), lesson("second"));
      const { kept } = await copyLessons(to, from);
      assert.deepEqual(kept, ["b.ipynb", "c.ipynb"]);
      assert.match(await readFile(join(to, "a.ipynb"), "utf8"), /second/);
      assert.equal(await readFile(join(to, "b.ipynb"), "utf8"), "mine");
      assert.equal(await readFile(join(to, "c.ipynb"), "utf8"), "mine, too");
      await writeFile(join(to, ".sightline-lessons.json"), "[");
      await writeFile(join(to, "a.ipynb"), "changed where nobody can tell");
      assert.ok((await copyLessons(to, from)).kept.includes("a.ipynb"));
    }));
});

describe("Python", () => {
  const machine =
    (programs: Readonly<Record<string, { version: string; venv: boolean }>>): Probe =>
    (command, args) => {
      const python = programs[command];
      if (!python) return { status: null, stdout: "" };
      if (args.at(-1)?.includes("venv")) return { status: python.venv ? 0 : 1, stdout: "" };
      return { status: 0, stdout: `${python.version.replace(".", " ")}\n` };
    };

  test("is the first that can make environments", () => {
    const probe = machine({ python3: { version: "3.10", venv: true }, python: { version: "3.12", venv: true } });
    assert.deepEqual(findPython("linux", probe), { command: ["python"] });
    assert.deepEqual(findPython("win32", machine({ py: { version: "3.13", venv: true } })), { command: ["py", "-3"] });
  });

  test("that cannot is named with what it lacks", () => {
    const problem = (programs: Parameters<typeof machine>[0]) => {
      const found = findPython("linux", machine(programs));
      return "problem" in found ? found.problem : undefined;
    };
    assert.equal(problem({}), "Python is not found");
    assert.equal(
      problem({ python3: { version: "3.9", venv: true } }),
      "Python 3.9 is too old: 3.11 or newer is needed",
    );
    assert.equal(
      problem({ python3: { version: "3.11", venv: false } }),
      "Python 3.11 is there, but its venv module is not",
    );
  });

  test("whose packages do not install leaves no stamp, so that the next start tries again", () =>
    scratch(async (folder) => {
      const run = async (title: string) => {
        if (title.includes("pip")) throw new SightlineError("run-failed", "no network");
      };
      await assert.rejects(preparePython(join(folder, "environment"), { run }), { code: "run-failed" });
      assert.deepEqual(await readdir(folder), []);
    }));
});

test("a step that fails says how it ended and what it printed last", async () => {
  await assert.rejects(
    runStep("Packages", process.execPath, ["-e", "console.log('no room'); process.exit(3)"]),
    (error) => {
      assert.ok(error instanceof SightlineError && error.code === "run-failed");
      assert.match(error.message, /Packages: it ended with code 3[\s\S]*no room/);
      return true;
    },
  );
  await assert.rejects(runStep("Packages", "/no/such/program", []), { code: "run-failed" });
});
