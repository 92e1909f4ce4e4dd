export function tmpdir(): string;
export function homedir(): string;
