// Node-RED with one flow: two holding registers, read each second by node-red-contrib-modbus, posted to ParkWatt as a float.
const http = require("node:http");
const fs = require("node:fs");
const path = require("node:path");
const RED = require("node-red");

const { folder, modbus, url, meter } = JSON.parse(process.argv[2]);
const code = `
const bytes = Buffer.alloc(4);
bytes.writeUInt16BE(msg.payload[0], 0);
bytes.writeUInt16BE(msg.payload[1], 2);
msg.headers = {"content-type": "application/json"};
msg.payload = [{meter: "${meter}", time: new Date().toISOString(), values: {energy_import: bytes.readFloatBE(0)}}];
return msg;`;
const flow = [
  { id: "tab", type: "tab", label: "ParkWatt" },
  {
    id: "line", type: "modbus-client", clienttype: "tcp", tcpHost: "127.0.0.1", tcpPort: String(modbus), tcpType: "DEFAULT",
    unit_id: "1", commandDelay: "1", clientTimeout: "2000", reconnectOnTimeout: true, reconnectTimeout: "1000",
    bufferCommands: true, parallelUnitIdsAllowed: true,
  },
  {
    id: "read", type: "modbus-read", z: "tab", unitid: "1", dataType: "HoldingRegister", adr: "0", quantity: "2", rate: "1",
    rateUnit: "s", server: "line", wires: [["float"], []],
  },
  { id: "float", type: "function", z: "tab", func: code, outputs: 1, libs: [], wires: [["post"]] },
  { id: "post", type: "http request", z: "tab", method: "POST", ret: "txt", url, headers: [], wires: [[]] },
];
fs.writeFileSync(path.join(folder, "flows.json"), JSON.stringify(flow));

const server = http.createServer();
RED.init(server, {
  userDir: folder, flowFile: "flows.json", httpAdminRoot: false, httpNodeRoot: false, credentialSecret: false,
  logging: { console: { level: "error" } },
});
RED.start().then(() => process.stdout.write("ready\n"));
process.stdin.on("end", () => process.exit(0)).resume();
