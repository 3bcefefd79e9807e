// A real OpenID provider for the tests: `node provider.mjs`, configuration as one line of JSON on standard input.
// Answers `{"port": …}` on standard output. Ends when standard input does.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Provider } from "oidc-provider";

const lines = createInterface({ input: process.stdin });
lines.on("close", () => process.exit(0));
lines.once("line", (line) => {
  const given = JSON.parse(line);
  const server = createServer();
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    const provider = new Provider(`http://127.0.0.1:${port}`, {
      clients: given.clients,
      jwks: given.jwks,
      claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups", "division", "unit"] },
      cookies: { keys: ["not a secret: a test's"] },
      pkce: { required: () => true },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...given.people[id] }) }),
      features: {
        devInteractions: { enabled: true },
        backchannelLogout: { enabled: true },
        rpInitiatedLogout: { enabled: true },
      },
      // Its own guard lets nothing call back on loopback, which is where the tests listen.
      fetch: (url, { dispatcher, ...options }) => fetch(url, options),
    });
    server.on("request", provider.callback());
    process.stdout.write(`${JSON.stringify({ port })}\n`);
  });
});
