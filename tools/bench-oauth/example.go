package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

const exampleModule = "github.com/zitadel/oidc/v3"

// serveExample is zitadel/oidc's example/server, but that it logs nothing.
func serveExample(address string) error {
	issuer := "http://" + address + "/"
	storage.RegisterClients(storage.WebClient("web", "secret", issuer+"callback"))
	users := storage.NewUserStore(issuer)
	handler := exampleop.SetupServer(issuer, storage.NewStorage(users), slog.New(slog.DiscardHandler), false)
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}

func newExample(ctx context.Context, children *sync.WaitGroup) (*server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	issuer := "http://" + address
	if err := start(ctx, children, issuer+"/.well-known/openid-configuration", nil, os.Args[0], "example", address); err != nil {
		return nil, err
	}
	s := &server{what: "zitadel/oidc " + exampleVersion() + ", its example: rows in memory, ID tokens RS256, client_secret_basic"}
	for range workers {
		code, err := exampleCode(ctx, issuer)
		if err != nil {
			return nil, err
		}
		form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {issuer + "/callback"}}
		var held tokens
		if err := exampleToken(ctx, issuer, form, &held); err != nil {
			return nil, err
		}
		s.refresh = append(s.refresh, func(ctx context.Context) error {
			old := held.Refresh
			if err := exampleToken(ctx, issuer, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {old}}, &held); err != nil {
				return err
			}
			return held.whole(old)
		})
	}
	return s, nil
}

func exampleToken(ctx context.Context, issuer string, form url.Values, into *tokens) error {
	*into = tokens{}
	basic := http.Header{"Authorization": {"Basic d2ViOnNlY3JldA=="}} // web:secret
	_, err := post(ctx, issuer+"/oauth/token", form, basic, into)
	return err
}

// exampleCode signs in as the example's own test user.
func exampleCode(ctx context.Context, issuer string) (string, error) {
	ask := url.Values{
		"client_id": {"web"}, "redirect_uri": {issuer + "/callback"}, "response_type": {"code"},
		"scope": {"openid offline_access"}, "state": {"a state"}, "nonce": {"a nonce"},
	}
	login, err := follow(ctx, http.MethodGet, issuer+"/auth?"+ask.Encode(), nil, "/login/")
	if err != nil {
		return "", err
	}
	host, _, _ := net.SplitHostPort(strings.TrimPrefix(issuer, "http://"))
	back, err := follow(ctx, http.MethodPost, issuer+"/login/username", url.Values{
		"id": {login.Query().Get("authRequestID")}, "username": {"test-user@" + host}, "password": {"verysecure"},
	}, "/callback")
	if err != nil {
		return "", err
	}
	return back.Query().Get("code"), nil
}

func exampleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, m := range info.Deps {
			if m.Path == exampleModule {
				return m.Version
			}
		}
	}
	return "of an unknown version"
}

// follow goes through redirects until one leads to the path wanted.
func follow(ctx context.Context, method, address string, form url.Values, want string) (*url.URL, error) {
	for range 10 {
		r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		response, err := client.Do(r)
		if err != nil {
			return nil, err
		}
		response.Body.Close()
		next, err := response.Location()
		if err != nil {
			return nil, fmt.Errorf("%s answers %d and leads nowhere", address, response.StatusCode)
		}
		if strings.HasPrefix(next.Path, want) {
			return next, nil
		}
		method, address, form = http.MethodGet, next.String(), nil
	}
	return nil, fmt.Errorf("%s leads round and round", address)
}
