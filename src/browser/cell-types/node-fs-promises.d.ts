export function readFile(path: string | URL): Promise<Uint8Array>;
export function readFile(path: string | URL, encoding: "utf8" | { encoding: "utf8" }): Promise<string>;
export function writeFile(path: string | URL, data: Uint8Array | string): Promise<void>;
export function readdir(path: string | URL): Promise<string[]>;
export function mkdir(path: string | URL, options?: { recursive?: boolean }): Promise<void>;
export function rm(path: string | URL, options?: { recursive?: boolean; force?: boolean }): Promise<void>;
export function mkdtemp(prefix: string): Promise<string>;
