/** The playground's page: finds its site, and puts itself into the page. */
import { h } from "../../../../widgets/src/dom.js";
import { provideCharts, runFrom } from "../../../../widgets/src/plotly.js";
import { styles } from "../../../../widgets/src/styles/index.js";
import { keepSite } from "../../offline/register.js";
import { Playground } from "./playground.js";
import { CONFIG_ID, type SiteConfig } from "./site-config.js";

const site = new URL(".", import.meta.url);
provideCharts(() => runFrom(new URL("plotly.js", site).href));

const sheet = h("style", { "data-sightline": true });
sheet.textContent = styles;
document.head.prepend(sheet);

const config = JSON.parse(document.getElementById(CONFIG_ID)?.textContent ?? "{}") as SiteConfig;
const root = document.getElementById("playground") as HTMLElement;
root.replaceChildren();
new Playground(root, site, config);
void keepSite(new URL("..", site));
