/* oxlint-disable -- an example in JavaScript, as its library has no types */
// A web application that signs people in with passport-openidconnect. docs/how-to/connect-passport.md shows it.
import { createServer } from 'node:http';
import passport from 'passport';
import OpenIDConnectStrategy from 'passport-openidconnect';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, CALLBACK } = process.env;

passport.use(
  new OpenIDConnectStrategy(
    {
      issuer: ISSUER,
      authorizationURL: `${ISSUER}/oauth2/authorize`,
      tokenURL: `${ISSUER}/oauth2/token`,
      userInfoURL: `${ISSUER}/oauth2/userinfo`,
      clientID: CLIENT_ID,
      clientSecret: CLIENT_SECRET,
      callbackURL: CALLBACK,
      scope: 'email profile',
      // Binds the sign-in to this browser, because this library has no PKCE.
      nonce: true,
      // The address is in userinfo, not in the id_token.
      skipUserProfile: false,
    },
    (issuer, profile, done) => done(null, { sub: profile.id, email: profile.emails?.[0]?.value }),
  ),
);

// One session for the example. Use express-session in an application.
const session = {};
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', CALLBACK);
  Object.assign(request, { session, query: Object.fromEntries(url.searchParams) });
  const answer = (error, user, info) => {
    response.writeHead(user ? 200 : 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify(user || { error: String(error ?? info?.message) }));
  };
  // passport redirects as Express does.
  response.redirect = (to) => response.writeHead(302, { location: to }).end();
  passport.authenticate('openidconnect', answer)(request, response, answer);
});
server.listen(Number(new URL(CALLBACK).port), '127.0.0.1', () => process.stdout.write('ready\n'));
