package api_test

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/artdag/artdag/api"
	"github.com/artdag/artdag/dag"
)

func TestContentRoundTrip(t *testing.T) {
	t.Parallel()
	server := serve(t, newMemory(t), api.Options{})
	h := dag.HashContent([]byte("0123456789"))
	path := "/api/v1/content/" + h.String()
	ask(t, server, "HEAD", path, nil).want(t, 404)
	ask(t, server, "GET", path, nil).want(t, 404)
	got := read[api.Content](t, ask(t, server, "PUT", path, strings.NewReader("0123456789")).want(t, 201))
	if got.Hash != h || got.Size != 10 {
		t.Errorf("put: %+v", got)
	}
	head := ask(t, server, "HEAD", path, nil).want(t, 200)
	if head.ContentLength != 10 || head.Header.Get("ETag") != `"`+h.String()+`"` {
		t.Errorf("head: %v", head.Header)
	}
	whole := ask(t, server, "GET", path, nil).want(t, 200)
	if whole.body != "0123456789" || whole.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(whole.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("get: %q %v", whole.body, whole.Header)
	}
	if part := ask(t, server, "GET", path, nil, "Range: bytes=3-5").want(t, 206); part.body != "345" {
		t.Errorf("range: %q", part.body)
	}
	ask(t, server, "GET", path, nil, "Range: bytes=20-").want(t, 416)
	ask(t, server, "GET", path, nil, `If-None-Match: "`+h.String()+`"`).want(t, 304)
	posted := ask(t, server, "POST", "/api/v1/content", strings.NewReader("abc")).want(t, 201)
	if want := "/api/v1/content/" + dag.HashContent([]byte("abc")).String(); posted.Header.Get("Location") != want {
		t.Errorf("posted to %s, want %s", posted.Header.Get("Location"), want)
	}
}

// Bytes that are others than announced are refused, naming both hashes.
func TestContentMismatch(t *testing.T) {
	t.Parallel()
	server := serve(t, newMemory(t), api.Options{})
	want, got := dag.HashContent([]byte("right")), dag.HashContent([]byte("wrong"))
	r := ask(t, server, "PUT", "/api/v1/content/"+want.String(), strings.NewReader("wrong")).want(t, 422)
	if !strings.Contains(r.body, want.String()) || !strings.Contains(r.body, got.String()) {
		t.Errorf("the answer does not name both hashes: %s", r.body)
	}
	ask(t, server, "HEAD", "/api/v1/content/"+got.String(), nil).want(t, 404)
}

func TestContentTooLarge(t *testing.T) {
	t.Parallel()
	server := serve(t, newMemory(t), api.Options{MaxContent: 4})
	ask(t, server, "POST", "/api/v1/content", strings.NewReader("1234")).want(t, 201)
	ask(t, server, "POST", "/api/v1/content", strings.NewReader("12345")).want(t, 413)
	unsized := struct{ *strings.Reader }{strings.NewReader("12345")}
	ask(t, server, "POST", "/api/v1/content", unsized).want(t, 413)
}

// A client that stops sending is cut off.
func TestStalledUpload(t *testing.T) {
	t.Parallel()
	server := serve(t, newMemory(t), api.Options{Patience: 50 * time.Millisecond})
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("POST /api/v1/content HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for buf := make([]byte, 1024); err == nil; {
		_, err = conn.Read(buf)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		t.Errorf("the connection is still open after 20 s of silence")
	}
}

func TestMethodOfHead(t *testing.T) {
	t.Parallel()
	farm := newMemory(t)
	h := farm.put([]byte("x"))
	r := ask(t, serve(t, farm, api.Options{}), http.MethodHead, "/api/v1/content/"+h.String(), nil).want(t, 200)
	if r.body != "" {
		t.Errorf("HEAD has a body: %q", r.body)
	}
}
