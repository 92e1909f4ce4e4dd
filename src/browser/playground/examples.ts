import { files } from "#platform/files";
import { pictures } from "#platform/pictures";
import { classroom } from "../../classroom/index.js";

export type ClassLabel = (typeof classroom.labels)[number];

/** Pictures of this seed show best what the shortcut is. */
const SEED = 1;

/** A generated picture as a PNG file. */
export async function classroomPicture(label: ClassLabel, watermark: boolean): Promise<File> {
  const [{ image }] = classroom.pictures({ count: 1, seed: SEED, labels: [label], watermark });
  const png = await pictures.encode({ ...image, channels: 3 }, { format: "png" });
  return new File([png as Uint8Array<ArrayBuffer>], `${label}${watermark ? "-with-watermark" : ""}.png`, {
    type: "image/png",
  });
}

/** A model of the package as a file. */
export async function classroomModel(name: keyof typeof classroom.models): Promise<File> {
  return new File([(await files.asset(`classroom/models/${name}.onnx`)) as Uint8Array<ArrayBuffer>], `${name}.onnx`);
}
