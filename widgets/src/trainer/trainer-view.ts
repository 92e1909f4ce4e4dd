import type { TrainerTraits } from "../../../src/widgets/traits/index.js";
import type { Received } from "../model.js";
import type { View } from "../view.js";

export type TrainerView = View<Received<TrainerTraits> & object>;
