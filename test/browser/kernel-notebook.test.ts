import { inFrontEnd } from "./kernel-front-end.js";

inFrontEnd("notebook", { walkthroughs: ["1-basic"], byHand: true });
