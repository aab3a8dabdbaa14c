// An identity provider on loopback, started by identity_provider.py:
//
//   node identity_provider.mjs INDEX_OF_OIDC_PROVIDER PORT CLIENT_SECRET
//
// Clients named "acme" and "umbrella", followed by "-rs256", "-ps256" or "-es256", get access tokens
// signed so, by the client_credentials grant. Their audience is "sluice", or the `resource` asked for.
// Beside what the provider itself serves:
//
//   POST /control/rotate            new keys take the place of the old
//   POST /control/sign {header, claims}   a token with the provider's own signature, whatever it says
//   POST /control/pause, /control/resume  answers 503 to everything else in between
import { createServer } from "node:http";
import * as crypto from "node:crypto";
import { pathToFileURL } from "node:url";

const [index, port, secret] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(index));
const issuer = `http://127.0.0.1:${port}`;
const DEFAULT_RESOURCE = "urn:sluice";
const ALGORITHMS = ["RS256", "PS256", "ES256"];
const CLIENTS = ["acme", "umbrella"];

let generation = 0;
let keys; // by algorithm: {kid, privateKey}
let provider;
let isPaused = false;

function newKey(algorithm) {
  const { privateKey } =
    algorithm === "ES256"
      ? crypto.generateKeyPairSync("ec", { namedCurve: "P-256" })
      : crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { kid: `${algorithm.toLowerCase()}-${generation}`, privateKey };
}

function algorithmOf(clientId) {
  return clientId.split("-").pop().toUpperCase();
}

function newProvider() {
  const jwks = ALGORITHMS.map((alg) => ({
    ...keys[alg].privateKey.export({ format: "jwk" }),
    kid: keys[alg].kid,
    use: "sig",
    alg,
  }));
  const clients = CLIENTS.flatMap((name) =>
    ALGORITHMS.map((alg) => ({
      client_id: `${name}-${alg.toLowerCase()}`,
      client_secret: secret,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    })),
  );
  return new Provider(issuer, {
    jwks: { keys: jwks },
    clients,
    extraTokenClaims: (_, token) => ({
      sub: token.clientId,
      groups: ["readers", token.clientId.split("-")[0]],
    }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => DEFAULT_RESOURCE,
        getResourceServerInfo: (_, resource, client) => ({
          scope: "read",
          audience: resource === DEFAULT_RESOURCE ? "sluice" : resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: 3600,
          jwt: { sign: { alg: algorithmOf(client.clientId) } },
        }),
      },
    },
  });
}

function rotate() {
  generation += 1;
  keys = Object.fromEntries(ALGORITHMS.map((algorithm) => [algorithm, newKey(algorithm)]));
  provider = newProvider();
}

function encode(part) {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function sign({ header, claims, key = "RS256" }) {
  const text = `${encode(header)}.${encode(claims)}`;
  const options = { key: keys[key].privateKey, dsaEncoding: "ieee-p1363" };
  if (key === "PS256") {
    Object.assign(options, { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
  }
  return `${text}.${crypto.sign("sha256", Buffer.from(text), options).toString("base64url")}`;
}

async function bodyOf(request) {
  let text = "";
  for await (const part of request) text += part;
  return text;
}

const CONTROLS = {
  "/control/rotate": rotate,
  "/control/pause": () => { isPaused = true; },
  "/control/resume": () => { isPaused = false; },
  "/control/sign": (body) => sign(JSON.parse(body)),
};

rotate();
createServer(async (request, response) => {
  const control = CONTROLS[request.url];
  if (control && request.method === "POST") {
    response.end(control(await bodyOf(request)) ?? "done");
  } else if (isPaused) {
    response.writeHead(503).end();
  } else {
    provider.callback()(request, response);
  }
}).listen(Number(port), "127.0.0.1");
