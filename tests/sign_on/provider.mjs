// Stands for the user pool's authorise and token endpoints: a real OpenID provider (oidc-provider) whose tokens
// are shaped as Cognito's ("Understanding the access token", "Understanding the identity token").
// Says where it listens, then reads its settings as one line of JSON; lets in whoever `/be/<name>` named last.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const found = createRequire(`${process.argv[2]}/`).resolve('oidc-provider');
const { Provider } = await import(pathToFileURL(found));
let answer = (_request, response) => response.end();
const server = createServer((request, response) => answer(request, response)).listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ port: server.address().port }));
});
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const told = JSON.parse((await lines.next()).value);
let somebody = told.somebody;

const named = (sub) => Object.values(told.people).find((person) => person.sub === sub)?.username;
// `aud` is the one claim that Cognito's access tokens lack and the provider insists on.
const shaped = (claims) => ({
  ...claims, token_use: 'access', client_id: told.client_id, username: named(claims.sub), origin_jti: `of-${claims.jti}`,
});
const provider = new Provider(told.issuer, {
  clients: [{
    client_id: told.client_id,
    client_secret: told.client_secret,
    redirect_uris: told.return_urls,
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
  }],
  jwks: { keys: [told.key] },
  cookies: { keys: ['only', 'for', 'tests'] },
  routes: { authorization: '/oauth2/authorize', token: '/oauth2/token' },
  pkce: { required: () => true },
  extraParams: ['identity_provider'],
  features: {
    devInteractions: { enabled: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:pool',
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: 'openid', audience: told.client_id, accessTokenFormat: 'jwt', accessTokenTTL: 900, jwt: { sign: { alg: 'RS256' } },
      }),
    },
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: async () => true,
  claims: { openid: ['sub', 'token_use', 'cognito:username'] },
  findAccount: async (_ctx, id) => ({
    accountId: id, claims: async () => ({ sub: id, token_use: 'id', 'cognito:username': named(id) }),
  }),
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid');
    grant.addResourceScope('urn:pool', 'openid');
    await grant.save();
    return grant;
  },
  formats: { customizers: { jwt: (_ctx, _token, parts) => { parts.payload = shaped(parts.payload); } } },
});
provider.use(async (ctx, next) => {
  if (ctx.path.startsWith('/be/')) {
    somebody = decodeURIComponent(ctx.path.slice(4));
    ctx.body = 'ok';
  } else if (ctx.path.startsWith('/interaction/')) {
    await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: told.people[somebody].sub } });
    ctx.respond = false;
  } else if (ctx.path === '/logout') {
    ctx.cookies.set('_session', null);
    ctx.redirect(ctx.query.logout_uri);
  } else {
    await next();
  }
});
answer = provider.callback();
console.log(JSON.stringify({ ready: true }));
