// An edge node of the public package sparkplug-client, told by lines of JSON what to publish.
const { newClient } = require("sparkplug-client");
const { createInterface } = require("node:readline");

const { url, group, edge, node, devices } = JSON.parse(process.argv[2]);
const client = newClient({
  serverUrl: url, username: "", password: "", groupId: group, edgeNode: edge, clientId: `edge-${edge}`, publishDeath: true,
});
const say = (event, detail = {}) => console.log(JSON.stringify({ event, ...detail }));
const copy = (value) => JSON.parse(JSON.stringify(value));

function announce() {
  client.publishNodeBirth({ timestamp: Date.now(), metrics: copy(node) });
  for (const [name, metrics] of Object.entries(devices)) {
    client.publishDeviceBirth(name, { timestamp: Date.now(), metrics: copy(metrics) });
  }
  client.client.subscribe(`${group}/nothing`, () => say("born")); // the broker answers once it has all that came before
}

const actions = {
  data: ({ device, payload }) => client.publishDeviceData(device, payload),
  death: ({ device }) => client.publishDeviceDeath(device, { timestamp: Date.now(), metrics: [] }),
  skip: () => client.incrementSeqNum(),
  again: () => { client.seq -= 1; },
  stop: () => client.stop(),
};

client.on("birth", announce);
client.on("ncmd", (payload) => {
  say("command", { metrics: payload.metrics.map(({ name, value }) => ({ name, value })) });
  announce();
});
createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);
  actions[order.do](order);
}).on("close", () => process.exit());
