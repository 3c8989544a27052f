// A web application that signs people in with go-oidc. docs/how-to/connect-go-oidc.md shows it.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

func main() {
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, os.Getenv("ISSUER"))
	if err != nil {
		panic(err)
	}
	config := oauth2.Config{
		ClientID:     os.Getenv("CLIENT_ID"),
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		Endpoint:     provider.Endpoint(),
		RedirectURL:  os.Getenv("CALLBACK"),
		Scopes:       []string{oidc.ScopeOpenID, "email"},
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: config.ClientID})
	// One session for the example. An application keeps these in a cookie of the browser.
	var state, nonce, pkce string

	http.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		state, nonce, pkce = rand.Text(), rand.Text(), oauth2.GenerateVerifier()
		to := config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(pkce))
		http.Redirect(w, r, to, http.StatusFound)
	})
	http.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		person, err := finish(r, &config, verifier, provider, state, nonce, pkce)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		json.NewEncoder(w).Encode(person)
	})
	callback, _ := url.Parse(config.RedirectURL)
	fmt.Println("ready")
	panic(http.ListenAndServe(callback.Host, nil))
}

func finish(r *http.Request, config *oauth2.Config, verifier *oidc.IDTokenVerifier, provider *oidc.Provider,
	state, nonce, pkce string) (map[string]string, error) {
	if r.URL.Query().Get("state") != state {
		return nil, fmt.Errorf("the state is another one")
	}
	token, err := config.Exchange(r.Context(), r.URL.Query().Get("code"), oauth2.VerifierOption(pkce))
	if err != nil {
		return nil, err
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := verifier.Verify(r.Context(), raw)
	if err != nil {
		return nil, err
	}
	if id.Nonce != nonce {
		return nil, fmt.Errorf("the nonce is another one")
	}
	info, err := provider.UserInfo(r.Context(), oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, err
	}
	return map[string]string{"sub": id.Subject, "email": info.Email}, nil
}
