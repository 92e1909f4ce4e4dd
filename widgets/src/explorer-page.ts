import { fromBytes } from "../../src/explorer/pack.js";
import type { Reply } from "../../src/explorer/requests.js";
import { h } from "./dom.js";
import { errorBox, ViewError } from "./error-box.js";
import { showExplorer } from "./explorer/explorer.js";
import { type Ask, answerOf, remoteExplorer } from "./explorer/remote.js";
import { provideCharts, runFrom } from "./plotly.js";
import { putStyles } from "./styles/put-styles.js";
import { Scope } from "./view.js";

// The page that `sightline view` serves: requests go to where it came from.

const ask: Ask = async (name, given) => {
  const response = await fetch(`ask/${name}`, { method: "POST", body: JSON.stringify(given) }).catch(() => {
    throw new ViewError("the audit is no longer served: run `sightline view` again");
  });
  if (!response.ok) {
    const { message } = (await response.json().catch(() => ({ message: response.statusText }))) as { message: string };
    throw new ViewError(message);
  }
  return answerOf(fromBytes(new Uint8Array(await response.arrayBuffer())) as Reply);
};

const place = h("main", { class: "sightline sl-page" });
document.body.append(place);
putStyles(place);
provideCharts(() => runFrom("plotly.js"));
try {
  await showExplorer(place, { backend: remoteExplorer(ask), scope: new Scope(), keys: document, linked: true });
} catch (error) {
  place.replaceChildren(errorBox(error));
}
