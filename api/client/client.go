package client

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options of a client. The zero value is the default.
type Options struct {
	Token string // sent as bearer token; empty for none
	// Patience is how long calls are repeated while the farm is away; 0 means
	// 30 seconds, less than 0 not at all.
	Patience time.Duration
	// Stall is how long a watch waits for a sign of life before it connects
	// again; 0 means a minute.
	Stall time.Duration
	// Away, if set, is told each time a call is about to be repeated, from the
	// goroutine of the call.
	Away func(err error, next time.Duration)
}

// Client is a farm's API. It is safe for concurrent use.
type Client struct {
	base    *url.URL
	options Options
	http    *http.Client
}

// New returns a client of the farm at server: "http://host:8080", or
// "host:8080" for short. It does not connect yet.
func New(server string, o Options) (*Client, error) {
	if !strings.Contains(server, "://") {
		server = "http://" + server
	}
	base, err := url.Parse(server)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("client: %q is not the address of a farm; it looks like http://host:8080", server)
	}
	o.Patience = cmp.Or(o.Patience, 30*time.Second)
	o.Stall = cmp.Or(o.Stall, time.Minute)
	return &Client{base.JoinPath("/"), o, &http.Client{Transport: transport(), CheckRedirect: noRedirect}}, nil
}

// transport waits for a go-ahead before it sends a body, so that a refusal
// arrives rather than a broken connection.
func transport() *http.Transport {
	dialer := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: 10 * time.Second, ExpectContinueTimeout: 5 * time.Second,
		DisableCompression: true,
	}
}

// noRedirect keeps the token from following wherever an answer points.
func noRedirect(r *http.Request, _ []*http.Request) error {
	return fmt.Errorf("the farm's address redirects to %s; give that", r.URL.Redacted())
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Server returns the address of the farm.
func (c *Client) Server() string { return strings.TrimSuffix(c.base.String(), "/") }

// AwayError says that the farm could not be reached.
type AwayError struct {
	Server string
	Err    error
}

// Error names the farm.
func (e *AwayError) Error() string {
	cause := e.Err
	if u, ok := errors.AsType[*url.Error](cause); ok {
		cause = u.Err
	}
	text := fmt.Sprintf("the farm at %s cannot be reached: %v", e.Server, cause)
	if Untrusted(e) {
		text += " (a farm's own certificate authority goes into SSL_CERT_FILE, or among those of the system)"
	}
	return text
}

// Untrusted reports whether the farm showed a certificate that is not good here:
// asking again does not help.
func Untrusted(err error) bool {
	_, is := errors.AsType[*tls.CertificateVerificationError](err)
	return is
}

// Unwrap returns the cause.
func (e *AwayError) Unwrap() error { return e.Err }

// send sends one request once. Errors are *Problem, *AwayError or the
// context's.
func (c *Client) send(ctx context.Context, r *http.Request) (*http.Response, error) {
	if c.options.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.options.Token)
	}
	response, err := c.http.Do(r)
	switch {
	case ctx.Err() != nil:
		if err == nil {
			_ = response.Body.Close()
		}
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, &AwayError{c.Server(), err}
	case response.StatusCode >= 400:
		defer response.Body.Close()
		return nil, readProblem(response)
	}
	return response, nil
}
