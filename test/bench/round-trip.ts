import { readFileSync } from "node:fs";
import { KernelClient, type Received } from "../../src/kernel/runner/client.js";
import { VIEW_MIME } from "../../src/widgets/mime.js";
import { FrontEnd } from "../browser/front-end.js";
import { launch, missingForBrowser, startJupyter } from "../browser/support.js";
import { median, printTable } from "./measure.js";

const ECHO = `import { onComm } from "sightline/notebook";
const now = () => performance.timeOrigin + performance.now();
onComm("echo", (comm) => {
  comm.onMessage(({ data }) => comm.send({ sent: data.sent, received: now() }));
});
import { IntSlider } from "sightline/widgets";
const echo = new IntSlider();
console.log(process.pid);
echo.onMessage((content) => echo.send({ ...(content as object), received: now() }));
echo`;
const ROUNDS = 60;

/** Clock readings of one message in milliseconds: sent, at the kernel, first news of it (busy), the echo. */
interface Trip {
  readonly sent: number;
  readonly received: number;
  readonly busy: number;
  readonly echoed: number;
}

/** A small comm message to the kernel and back: over ZeroMQ alone, and from a browser through the Jupyter server. */
export async function bench(): Promise<void> {
  const rows = [row("ZeroMQ, no server, no browser", await overZmq())];
  const missing = missingForBrowser({ jupyter: true });
  if (missing) console.log(`without the browser: ${missing}`);
  else {
    const { socket, lab } = await overServer();
    rows.push(row("a WebSocket in the browser, Jupyter's server, kernel", socket));
    rows.push(row("a widget in JupyterLab, Jupyter's server, kernel", lab));
  }
  printTable(rows);
}

/** Processor time of a process so far in milliseconds, where the system tells. */
function processorTime(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}

function row(path: string, trips: readonly Trip[]): Record<string, string | number> {
  const of = (part: (trip: Trip) => number) => Number(median(trips.map(part)).toFixed(1));
  return {
    path,
    "there and back, ms": of(({ sent, echoed }) => echoed - sent),
    "to the kernel": of(({ sent, received }) => received - sent),
    "kernel to the first news (busy)": of(({ received, busy }) => busy - received),
    "busy to the echo": of(({ busy, echoed }) => echoed - busy),
  };
}

async function overZmq(): Promise<Trip[]> {
  const client = await KernelClient.start({ transport: "tcp" });
  try {
    await client.execute(ECHO);
    const comm_id = "bench";
    client.send("comm_open", { comm_id, target_name: "echo", data: {} });
    const now = () => performance.timeOrigin + performance.now();
    const trips: Trip[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      const sent = now();
      const busy = client.once(({ content }) => content.execution_state === "busy").then(now);
      const echo = client.once(({ header }) => header.msg_type === "comm_msg");
      client.send("comm_msg", { comm_id, data: { sent } });
      const { received } = ((await echo) as Received).content.data as Trip;
      trips.push({ sent, received, echoed: now(), busy: await busy });
      await new Promise((done) => setTimeout(done, 100));
    }
    return trips;
  } finally {
    await client.shutdown();
  }
}

async function overServer(): Promise<{ socket: Trip[]; lab: Trip[] }> {
  await using jupyter = await startJupyter("lab");
  const browser = await launch();
  try {
    const front = await FrontEnd.open(browser, await jupyter.notebook("echo.ipynb", [ECHO]));
    const { page } = front;
    await front.run(0);
    const id = await page.evaluate("jupyterapp.shell.currentWidget.sessionContext.session.kernel.id");
    const script = `(async () => {
      const now = () => performance.timeOrigin + performance.now();
      const socket = new WebSocket(location.origin.replace("http", "ws") + "/api/kernels/${id}/channels?session_id=bench");
      await new Promise((done) => { socket.onopen = done; });
      const heard = new Set();
      socket.onmessage = ({ data }) => { const at = now(); const message = JSON.parse(data); for (const one of [...heard]) one(message, at); };
      const once = (fits) => new Promise((done) => heard.add(function listen(message, at) { if (fits(message)) { heard.delete(listen); done({ message, at }); } }));
      const send = (msg_type, content) => socket.send(JSON.stringify({ channel: "shell", header: { msg_id: crypto.randomUUID(), msg_type, session: "bench", username: "", version: "5.4", date: new Date().toISOString() }, parent_header: {}, metadata: {}, content }));
      const comm_id = "bench";
      send("comm_open", { comm_id, target_name: "echo", data: {} });
      const trips = [];
      for (let i = 0; i < ${ROUNDS}; i++) {
        await new Promise((done) => setTimeout(done, 100));
        const sent = now();
        const busy = once(({ content }) => content.execution_state === "busy");
        const echo = once(({ header }) => header.msg_type === "comm_msg");
        send("comm_msg", { comm_id, data: { sent } });
        const { message, at } = await echo;
        trips.push({ sent, received: message.content.data.received, busy: (await busy).at, echoed: at });
      }
      return trips;
    })()`;
    const inLab = `(async () => {
      const now = () => performance.timeOrigin + performance.now();
      const { content, sessionContext } = jupyterapp.shell.currentWidget;
      const parts = (widget) => [widget, ...[...(widget.children?.() ?? [])].flatMap(parts)];
      const shown = parts(content.widgets[0].outputArea).find((widget) => widget._manager);
      const manager = await shown._manager.promise;
      const output = content.widgets[0].model.outputs.toJSON().find(({ data }) => data?.["${VIEW_MIME}"]);
      const model = await manager.get_model(output.data["${VIEW_MIME}"].model_id);
      const trips = [];
      for (let i = 0; i < ${ROUNDS}; i++) {
        await new Promise((done) => setTimeout(done, 100));
        let busy;
        const heard = (_, { content }) => { if (content.execution_state === "busy") busy ??= now(); };
        sessionContext.iopubMessage.connect(heard);
        const echo = new Promise((done) => model.once("msg:custom", (content) => done({ content, at: now() })));
        const sent = now();
        model.send({ sent });
        const { content, at } = await echo;
        sessionContext.iopubMessage.disconnect(heard);
        trips.push({ sent, received: content.received, busy: busy ?? at, echoed: at });
      }
      return trips;
    })()`;
    const socket = (await page.evaluate(script)) as Trip[];
    const kernel = Number((await front.cells())[0].outputs.find(({ kind }) => kind === "stream")?.text);
    const before = [processorTime(jupyter.pid), processorTime(kernel)];
    const lab = (await page.evaluate(inLab)) as Trip[];
    const [server, own] = [jupyter.pid, kernel].map((pid, i) => (processorTime(pid) - before[i]) / ROUNDS);
    console.log(
      `processor time of a widget's round trip: Jupyter's server ${server.toFixed(1)} ms, kernel ${own.toFixed(1)} ms\n`,
    );
    return { socket, lab };
  } finally {
    await browser.close();
  }
}
