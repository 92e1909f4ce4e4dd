import { inFrontEnd } from "./kernel-front-end.js";

inFrontEnd("lab", { walkthroughs: ["2-deep-dive"], byHand: false });
