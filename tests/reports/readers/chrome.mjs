// Reads a trace as Chrome's developer tools do: their whole engine must take it, and every span must
// have its place in the tree of its lane. Prints how many spans there were.
import assert from "node:assert";
import fs from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const engine = pathToFileURL(process.env.ARCHSIM_READERS + "/node_modules/@paulirish/trace_engine/");
const { analyzeEvents } = await import(new URL("analyze-trace.mjs", engine));
const { Helpers } = await import(new URL("models/trace/trace.js", engine));

const events = JSON.parse(fs.readFileSync(process.argv[2], "utf8")).traceEvents;
await analyzeEvents(structuredClone(events));

const lanes = Map.groupBy?.(events.filter((e) => e.ph === "X"), (e) => `${e.pid}:${e.tid}`) ??
  events.filter((e) => e.ph === "X").reduce((map, e) => {
    const lane = `${e.pid}:${e.tid}`;
    return map.set(lane, [...(map.get(lane) ?? []), e]);
  }, new Map());
let spans = 0;
for (const lane of lanes.values()) {
  Helpers.Trace.sortTraceEventsInPlace(lane);
  const { entryToNode } = Helpers.TreeHelpers.treify(lane, { filter: { has: () => true } });
  assert.equal(entryToNode.size, lane.length, "a span sticks out of the one around it");
  spans += lane.length;
}
console.log(spans);
