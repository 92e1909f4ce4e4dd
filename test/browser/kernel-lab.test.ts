import { inFrontEnd } from "./kernel-front-end.js";

inFrontEnd("lab", { walkthroughs: ["1-basic"], byHand: true });
