export function join(...parts: string[]): string;
export function resolve(...parts: string[]): string;
export function dirname(path: string): string;
export function basename(path: string, ending?: string): string;
export function extname(path: string): string;
export function relative(from: string, to: string): string;
export const sep: string;
