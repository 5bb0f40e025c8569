// Units of the public package modbus-serial behind one place; each register tells its unit, its table and its address.
const { ServerTCP, ServerSerial } = require("modbus-serial");

const { host, port, path, units } = JSON.parse(process.argv[2]);
const word = (table) => (address, unit) => (unit * 5000 + table * 1200 + address) & 0xffff;
const bit = (table) => (address, unit) => (unit + table + address) % 3 === 0;
const vector = {
  getCoil: bit(1),
  getDiscreteInput: bit(2),
  getHoldingRegister: word(3),
  getInputRegister: word(4),
};
const ready = () => console.log("ready");
if (path) {
  let servers = units.slice(0, 1).map((unitID) => new ServerSerial(vector, { port: path, path, baudRate: 9600, unitID, openCallback: ready }));
  servers.forEach((one) => one.on("error", (error) => console.error(String(error))));
} else {
  const server = new ServerTCP(vector, { host, port, unitID: 255, debug: false });
  server.on("initialized", ready);
  server.on("socketError", () => {});
}
process.stdin.on("end", () => process.exit(0)).resume();
