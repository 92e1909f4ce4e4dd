export { type InspectOptions, inspect } from "node:util";
