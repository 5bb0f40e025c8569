// Node-RED with the flow of docs/node-red.json, whose variables of the environment the test sets.
const http = require("node:http");
const fs = require("node:fs");
const path = require("node:path");
const RED = require("node-red");

const { folder } = JSON.parse(process.argv[2]);
fs.copyFileSync(path.join(__dirname, "../../docs/node-red.json"), path.join(folder, "flows.json"));

const server = http.createServer();
RED.init(server, {
  userDir: folder, flowFile: "flows.json", httpAdminRoot: false, httpNodeRoot: false, credentialSecret: false,
  logging: { console: { level: "error" } },
});
RED.start().then(() => process.stdout.write("ready\n"));
process.stdin.on("end", () => process.exit(0)).resume();
