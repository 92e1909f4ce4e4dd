declare module "*.css" {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: how the bundler hands over a text
  export default text;
}

declare module "*.md" {
  const text: string;
  // biome-ignore lint/style/noDefaultExport: how the bundler hands over a text
  export default text;
}
