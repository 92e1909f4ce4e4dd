import type { Serve } from "../../platform/threads.js";
import { type LayoutRequest, layOut } from "./lay-out.js";

export const serve: Serve<never, Float32Array, LayoutRequest> = async (port, request) => {
  port.post(await layOut(request));
};
