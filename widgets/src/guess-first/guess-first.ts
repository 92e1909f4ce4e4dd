import type { GuessFirstTraits } from "../../../src/widgets/traits/index.js";
import { decodePicture, paintCanvas } from "../pictures.js";
import type { Render } from "../view.js";
import { GuessAnswerView } from "./guess-answer.js";
import { GuessRound, type GuessView } from "./guess-round.js";

/** A photograph and a question, everybody's guess, and what the model says of each. */
export const guessFirst: Render<GuessFirstTraits> = async (view) => {
  const photo = paintCanvas(await decodePicture(view.get("picture")));
  const round = new GuessRound(view, photo);
  let revealed = false;
  const show = async () => {
    const [answer] = view.get("answer");
    if (answer && !revealed) {
      revealed = true;
      const shown = await GuessAnswerView.read(view as GuessView, photo, answer);
      view.el.replaceChildren(shown.el);
      shown.begin();
    } else if (!answer) {
      revealed = false;
      view.el.replaceChildren(round.el);
    }
  };
  view.watch(["answer"], show);
  await show();
};
