// Reads a file of OpenTelemetry traces as their own library does: field by field by the protocol's
// definition, then through its binary form and back. A field that the protocol does not know is an
// error. Prints how many spans there were.
const assert = require("node:assert");
const fs = require("node:fs");
const { createRequire } = require("node:module");
const load = createRequire(process.env.ARCHSIM_READERS + "/");
const root = load("@opentelemetry/otlp-transformer/build/src/generated/root.js");

const Request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
const IDS = ["traceId", "spanId", "parentSpanId"]; // hexadecimal in JSON, unlike other bytes
const AS_TEXT = { longs: String, bytes: String };

function known(given, read, path) {
  for (const key of Object.keys(given)) {
    assert(key in read, `unknown field ${path}.${key}`);
    if (typeof given[key] === "object") known(given[key], read[key], `${path}.${key}`);
  }
}

let spans = 0;
for (const line of fs.readFileSync(process.argv[2], "utf8").trim().split("\n")) {
  const given = JSON.parse(line, (key, value) =>
    IDS.includes(key) ? Buffer.from(value, "hex").toString("base64") : value);
  const request = Request.fromObject(given);
  assert.equal(Request.verify(request), null);
  const back = Request.toObject(Request.decode(Request.encode(request).finish()), AS_TEXT);
  assert.deepStrictEqual(back, Request.toObject(request, AS_TEXT));
  known(given, back, "");
  for (const resource of back.resourceSpans)
    for (const scope of resource.scopeSpans) spans += scope.spans.length;
}
console.log(spans);
