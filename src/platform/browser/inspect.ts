export { type InspectOptions, inspect } from "node-inspect-extracted";
