# A web application that signs people in with Authlib. docs/how-to/connect-authlib.md shows it.
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, jwt
from authlib.oidc.core import CodeIDToken

issuer, callback = os.environ["ISSUER"], os.environ["CALLBACK"]
metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
client = OAuth2Session(
    os.environ["CLIENT_ID"],
    os.environ["CLIENT_SECRET"],
    token_endpoint_auth_method="client_secret_basic",
    scope="openid email",
    redirect_uri=callback,
    code_challenge_method="S256",
)
# One session for the example. An application keeps one for each browser.
session = {}


def begin():
    session.update(verifier=generate_token(48), nonce=generate_token(20))
    url, session["state"] = client.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=session["verifier"], nonce=session["nonce"]
    )
    return url


def finish(url):
    token = client.fetch_token(
        metadata["token_endpoint"],
        authorization_response=url,
        state=session["state"],
        code_verifier=session["verifier"],
    )
    keys = JsonWebKey.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
    claims = jwt.decode(
        token["id_token"],
        keys,
        claims_cls=CodeIDToken,
        claims_options={"iss": {"value": issuer}, "aud": {"value": client.client_id}},
        claims_params={"nonce": session["nonce"], "client_id": client.client_id},
    )
    claims.validate()
    person = client.get(metadata["userinfo_endpoint"]).json()
    return {"sub": claims["sub"], "email": person["email"], "algorithm": claims.header["alg"]}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if urlsplit(self.path).path == "/login":
            self.send_response(302)
            self.send_header("location", begin())
            self.end_headers()
            return
        try:
            status, body = 200, finish(f"{callback}?{urlsplit(self.path).query}")
        except Exception as error:
            status, body = 400, {"error": str(error)}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", urlsplit(callback).port), Handler)
print("ready", flush=True)
server.serve_forever()
