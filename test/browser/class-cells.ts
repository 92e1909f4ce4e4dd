/** A cell's code: the widgets for a class, and the classroom's two models. */
export const CLASSROOM_CELL = `import { explain, loadModel } from "sightline";
import { classroom } from "sightline/classroom";
import { GuessFirst, MaskTheatre, PictureBooth, StickerLab, TestTheClaim, Trainer } from "sightline/widgets";
const load = ({ url, options }: typeof classroom.models.honest) => loadModel(url, options);
const [shortcut, honest] = [await load(classroom.models.shortcut), await load(classroom.models.honest)];`;
