// A device of the public package node-bacnet, told which properties of which objects it has; it answers ReadPropertyMultiple.
const Bacnet = require("node-bacnet");

const { port, objects } = JSON.parse(process.argv[2]);
const client = new Bacnet({ port, interface: "127.0.0.1", broadcastAddress: "127.0.0.1" });

client.on("listening", () => console.log("ready"));
client.on("readPropertyMultiple", ({ header, invokeId, payload }) => {
  const values = payload.properties.map(({ objectId, properties }) => {
    const object = objects[`${objectId.type},${objectId.instance}`];
    return { objectId, values: properties.map((property) => ({ property, value: object[property.id] })) };
  });
  client.readPropertyMultipleResponse(header.sender, invokeId, values);
});
