// A server of the public package node-opcua: one meter, whose values change three times a second.
const { OPCUAServer } = require("node-opcua-server");
const { OPCUACertificateManager } = require("node-opcua-certificate-manager");
const { MessageSecurityMode, SecurityPolicy } = require("node-opcua-secure-channel");
const { DataType, VariantArrayType } = require("node-opcua-variant");
const { StatusCodes } = require("node-opcua-status-code");

const { port, folder } = JSON.parse(process.argv[2]);
const START = Date.UTC(2026, 10, 22, 7, 30, 0);

async function main() {
  const certificates = new OPCUACertificateManager({ rootFolder: folder, automaticallyAcceptUnknownCertificate: true });
  await certificates.initialize();
  const server = new OPCUAServer({
    port,
    host: "127.0.0.1",
    hostname: "127.0.0.1",
    serverCertificateManager: certificates,
    securityModes: [MessageSecurityMode.None, MessageSecurityMode.SignAndEncrypt],
    securityPolicies: [SecurityPolicy.None, SecurityPolicy.Basic256Sha256],
    userManager: { isValidUser: (name, password) => name === "reader" && password === "s3cret" },
  });
  await server.initialize();
  const space = server.engine.addressSpace;
  space.registerNamespace("urn:peer:before");
  const namespace = space.registerNamespace("urn:peer:meters");
  const add = (name, dataType, rest = {}) =>
    namespace.addVariable({
      organizedBy: space.rootFolder.objects, browseName: name, nodeId: `s=M1.${name}`, dataType, minimumSamplingInterval: 100, ...rest,
    });
  const power = add("Power", "Double");
  const energy = add("Energy", "UInt64");
  const voltages = add("Voltages", "Float", { valueRank: 1, arrayDimensions: [3] });
  const broken = add("Broken", "Double");
  let step = 0;
  const tick = () => {
    step += 1;
    const at = new Date(START + 1000 * step);
    const set = (node, value, status = StatusCodes.Good) => node.setValueFromSource(value, status, at);
    set(power, { dataType: DataType.Double, value: 1500 + step });
    set(energy, { dataType: DataType.UInt64, arrayType: VariantArrayType.Scalar, value: [1, 123456] });
    set(voltages, { dataType: DataType.Float, arrayType: VariantArrayType.Array, value: new Float32Array([230.5, 231.5, 229.25]) });
    set(broken, { dataType: DataType.Double, value: 50 }, step % 2 ? StatusCodes.UncertainLastUsableValue : StatusCodes.BadSensorFailure);
  };
  tick();
  setInterval(tick, 300);
  await server.start();
  console.log("ready");
}

main();
