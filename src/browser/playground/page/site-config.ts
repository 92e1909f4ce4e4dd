/** What a site offers to begin with; its page carries this as JSON. */
export interface SiteConfig {
  readonly models: readonly SiteModel[];
  /** Photographs of the site, by their paths below it. */
  readonly pictures: readonly string[];
}

/** A model of the catalog by its name, or one of the site's own by its path. */
export interface SiteModel {
  readonly name?: string;
  readonly path?: string;
  readonly title: string;
  /** Size of its file. */
  readonly bytes: number;
}

/** Id of the page's element with its {@link SiteConfig}. */
export const CONFIG_ID = "playground-site";
