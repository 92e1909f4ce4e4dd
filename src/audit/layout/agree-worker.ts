import type { Serve } from "../../platform/threads.js";
import { type AgreeRequest, agree } from "./agree.js";

export const serve: Serve<never, Float32Array, AgreeRequest> = async (port, request) => {
  port.post(agree(request));
};
