// A provider of OpenID Connect that we did not write: node oidc_provider.cjs PORT REDIRECT_URI; it says "ready".
const [port, redirect] = process.argv.slice(2);
const groups = { lina: ["hall-staff"], boss: ["admins"], stray: ["others"], guest: [] };
import("oidc-provider").then(({ Provider }) => {
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{ client_id: "parkwatt", client_secret: "a-secret-of-the-test-only", redirect_uris: [redirect] }],
    pkce: { required: () => true },
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, preferred_username: `sso.${id}`, groups: groups[id] ?? [] }) }),
    cookies: { keys: ["of the test"] },
    jwks: { keys: [require("node:crypto").generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" })] },
  });
  provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
});
