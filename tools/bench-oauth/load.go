package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// load lets all workers refresh for one turn.
func (s *server) load(ctx context.Context) error {
	began := time.Now()
	counts, errs := make([]int, workers), make([]error, workers)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			for errs[i] == nil && time.Since(began) < turn {
				if errs[i] = s.refresh[i](ctx); errs[i] == nil {
					counts[i]++
				}
			}
		})
	}
	group.Wait()
	s.took += time.Since(began)
	for i := range workers {
		if errs[i] != nil {
			return errs[i]
		}
		s.done += counts[i]
	}
	return nil
}

// client keeps a connection for each worker, as a busy peer does.
var client = &http.Client{
	Timeout:       20 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 2 * workers},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// tokens are what a token endpoint answers.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

// post sends a form and reads JSON.
func post(ctx context.Context, address string, form url.Values, headers http.Header, answer any) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	for name, values := range headers {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s answers %d: %s", address, response.StatusCode, body)
	}
	if err == nil && answer != nil {
		err = json.Unmarshal(body, answer)
	}
	return response, err
}

// whole checks that a refresh gave all that there is to give.
func (t tokens) whole(old string) error {
	if t.Access == "" || t.ID == "" || t.Refresh == "" || t.Refresh == old {
		return fmt.Errorf("a refresh gave less than a new access, refresh and ID token")
	}
	return nil
}

// start runs a server, one of the children, until the context ends, and waits
// until it answers.
func start(ctx context.Context, children *sync.WaitGroup, ready string, environment []string, name string, args ...string) error {
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(command.Environ(), environment...)
	var said bytes.Buffer
	command.Stderr = &said
	if err := command.Start(); err != nil {
		return err
	}
	exited := make(chan error, 1)
	children.Go(func() { exited <- command.Wait() })
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, ready, nil)
		if err != nil {
			return err
		}
		if response, err := client.Do(r); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-exited:
			return fmt.Errorf("it ended (%v): %s", err, said.String())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
