import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The photographs of the notebooks. */
export const PHOTOGRAPHS: readonly string[] = [
  "coffee.png",
  "grace_hopper.jpg",
  "camera.png",
  "chelsea.png",
  "clock_motion.png",
].map((name) => `notebooks/images/${name}`);

/** Prints where scikit-image and scikit-learn keep their pictures; neither needs to be imported whole. */
const FIND = `from importlib.util import find_spec
from os.path import dirname, join
print(join(dirname(find_spec("skimage").origin), "data"))
print(join(dirname(find_spec("sklearn").origin), "datasets", "images"))`;

function peerFolders(): { skimage: string; sklearn: string } {
  const python = process.env.PEER_PYTHON;
  if (!python) throw new Error("set PEER_PYTHON to a Python with scikit-image and scikit-learn");
  const { stdout, status, stderr } = spawnSync(python, ["-c", FIND], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${python} has no scikit-image and scikit-learn: ${stderr.trim()}`);
  const [skimage, sklearn] = stdout.trim().split(/\r?\n/);
  return { skimage, sklearn };
}

/** The eleven photographs: those of the notebooks and six of scikit-image and scikit-learn, of the Python that PEER_PYTHON names. */
export function elevenPhotographs(): string[] {
  const { skimage, sklearn } = peerFolders();
  return [
    ...PHOTOGRAPHS,
    ...["astronaut.png", "rocket.jpg", "horse.png", "motorcycle_left.png"].map((name) => join(skimage, name)),
    ...["china.jpg", "flower.jpg"].map((name) => join(sklearn, name)),
  ];
}

const FOREIGN = ["astronaut", "rocket", "motorcycle_left", "moon", "horse", "coins", "retina", "ihc"];

/** Ten of scikit-image and scikit-learn, none of which the notebooks have. */
export function foreignPhotographs(): string[] {
  const { skimage, sklearn } = peerFolders();
  const own = readdirSync(skimage).filter((name) => FOREIGN.includes(name.replace(/\.(png|jpg)$/, "")));
  return [...own.sort().map((name) => join(skimage, name)), join(sklearn, "china.jpg"), join(sklearn, "flower.jpg")];
}

/** The pictures of a folder, by name. */
export const picturesOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /\.(png|jpe?g)$/i.test(name))
    .sort()
    .map((name) => join(folder, name));
