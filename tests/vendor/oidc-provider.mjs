// A certified OpenID provider with one client, for the tests of signing in. It listens on a free port of this machine and
// prints its address as JSON: { "url": … }. The client is told later, since its own address is not known before:
//
//   POST /control/client   { client_id, client_secret, redirect_uri, post_logout_redirect_uri, backchannel_logout_uri }
//   POST /control/account  { sub, plan }           what the ID token says of a person from now on
//   POST /control/rotate                           new keys; the old ones are gone
//   POST /control/fault    { path, kind }          requests to this path: "down", "html", "error", "slow", "forge"; none: heal
//   POST /control/release                          "slow" requests go on
//   GET  /control/seen                             { requests: { path: n }, refreshed, refused, revoked, tokens, told }

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

import Provider from 'oidc-provider';
import { createMemoryAdapter } from 'oidc-provider/lib/adapters/memory_adapter.js';

const plans = new Map();
const faults = new Map();
const requests = {};
const seen = { refreshed: 0, refused: 0, revoked: 0, told: 0 };
const tokens = new Set();
const kept = createMemoryAdapter();
let held = [];
let client;
let jwks = newKeys();
let url;
let handle = (req, res) => res.writeHead(503).end();

function newKeys() {
  const key = (type, options, more) => ({
    ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', ...more,
  });
  return { keys: [key('rsa', { modulusLength: 2048 }, { alg: 'RS256' })] };
}

// Sessions, grants and tokens are kept outside it, so that one with other keys goes on with them.
function begin() {
  const provider = new Provider(url, {
    adapter: (model) => kept(model),
    clients: [client],
    jwks,
    cookies: { keys: ['of no importance'] },
    claims: { openid: ['sub', 'plan'] },
    // The gateway reads the ID token and asks for nothing more.
    conformIdTokenClaims: false,
    features: { backchannelLogout: { enabled: true }, revocation: { enabled: true } },
    rotateRefreshToken: true,
    // Without its guard against addresses of this machine: the gateway has one.
    fetch: (to, { dispatcher, ...options }) => fetch(to, options),
    ttl: { AccessToken: 300, IdToken: 86400, RefreshToken: 86400, Grant: 86400, Session: 86400, Interaction: 600 },
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub, plan: plans.get(sub) ?? 'free' }) }),
  });
  const isRefresh = (ctx) => ctx.oidc?.params?.grant_type === 'refresh_token';
  provider.on('grant.success', (ctx) => { seen.refreshed += isRefresh(ctx) ? 1 : 0; });
  provider.on('grant.error', (ctx) => { seen.refused += isRefresh(ctx) ? 1 : 0; });
  provider.on('grant.revoked', () => { seen.revoked += 1; });
  provider.on('backchannel.success', () => { seen.told += 1; });
  provider.on('server_error', (ctx, error) => console.error(error));
  handle = provider.callback();
}

// What goes through the token endpoint, noted, and the ID token replaced by one that nobody signed if that is wished.
function watchTokens(res, isForged) {
  const end = res.end.bind(res);
  res.end = (chunk, ...rest) => {
    let body = chunk;
    try {
      const said = JSON.parse(body);
      if (isForged && said.id_token) {
        const [header, payload, signature] = said.id_token.split('.');
        const claims = { ...JSON.parse(Buffer.from(payload, 'base64url')), plan: 'pro' };
        said.id_token = [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
      }
      for (const name of ['access_token', 'refresh_token', 'id_token']) if (said[name]) tokens.add(said[name]);
      body = JSON.stringify(said);
      res.setHeader('content-length', Buffer.byteLength(body));
    } catch { /* no tokens in it */ }
    return end(body, ...rest);
  };
}

async function control(path, req, res) {
  let body = '';
  for await (const chunk of req) body += chunk;
  const said = body ? JSON.parse(body) : {};
  switch (path) {
    case '/control/client': {
      const { redirect_uri, post_logout_redirect_uri, ...more } = said;
      client = {
        ...more,
        redirect_uris: [redirect_uri],
        post_logout_redirect_uris: [post_logout_redirect_uri],
        backchannel_logout_session_required: true,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
      };
      begin();
      break;
    }
    case '/control/account': plans.set(said.sub, said.plan); break;
    case '/control/rotate': jwks = newKeys(); begin(); break;
    case '/control/fault': said.kind ? faults.set(said.path, said.kind) : faults.delete(said.path); break;
    case '/control/release': held.forEach((go) => go()); held = []; break;
    case '/control/seen': break;
    default: res.writeHead(404).end(); return;
  }
  res.writeHead(200, { 'content-type': 'application/json' });
  res.end(JSON.stringify({ requests, ...seen, tokens: [...tokens], held: held.length }));
}

const server = createServer(async (req, res) => {
  const { pathname } = new URL(req.url, url);
  if (pathname.startsWith('/control/')) return control(pathname, req, res);
  requests[pathname] = (requests[pathname] ?? 0) + 1;
  const fault = faults.get(pathname);
  if (fault === 'down') return req.socket.destroy();
  if (fault === 'html') return res.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
  if (fault === 'error') return res.writeHead(500).end();
  if (fault === 'slow') await new Promise((go) => { held.push(go); });
  if (pathname === '/token') watchTokens(res, fault === 'forge');
  return handle(req, res);
});

server.listen(0, '127.0.0.1', () => {
  url = `http://127.0.0.1:${server.address().port}`;
  console.log(JSON.stringify({ url }));
});
