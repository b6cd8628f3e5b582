package peer

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newCache(t testing.TB) *cache.Cache {
	t.Helper()
	c, err := cache.Open(t.TempDir(), cache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func put(t testing.TB, c *cache.Cache, text string) dag.ContentHash {
	t.Helper()
	s, err := c.PutSource(t.Context(), strings.NewReader(text), dag.ContentHash{})
	if err != nil {
		t.Fatal(err)
	}
	return s.Hash
}

func serve(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// ask sends a request and returns the answer with its body.
func ask(t *testing.T, method, url string, header http.Header) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func TestHandlerAnswers(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	hash := put(t, c, "0123456789")
	base := serve(t, Handler(c, "secret")).URL + "/content/"
	with := func(token, ranges string) http.Header {
		h := http.Header{}
		if token != "" {
			h.Set("Authorization", token)
		}
		if ranges != "" {
			h.Set("Range", ranges)
		}
		return h
	}
	for name, test := range map[string]struct {
		method, path string
		header       http.Header
		status       int
		body         string
	}{
		"whole":        {"GET", hash.String(), with("Bearer secret", ""), 200, "0123456789"},
		"head":         {"HEAD", hash.String(), with("Bearer secret", ""), 200, ""},
		"range":        {"GET", hash.String(), with("Bearer secret", "bytes=4-"), 206, "456789"},
		"beyond":       {"GET", hash.String(), with("Bearer secret", "bytes=10-"), 416, "invalid range: failed to overlap\n"},
		"no token":     {"GET", hash.String(), with("", ""), 401, "a token is needed\n"},
		"wrong token":  {"GET", hash.String(), with("Bearer secre", ""), 401, "a token is needed\n"},
		"no scheme":    {"GET", hash.String(), with("secret", ""), 401, "a token is needed\n"},
		"not held":     {"GET", dag.ContentHash{1}.String(), with("Bearer secret", ""), 404, "not here\n"},
		"not a hash":   {"GET", "0123", with("Bearer secret", ""), 400, "not a content hash\n"},
		"other method": {"PUT", hash.String(), with("Bearer secret", ""), 405, "Method Not Allowed\n"},
	} {
		res, body := ask(t, test.method, base+test.path, test.header)
		if res.StatusCode != test.status || body != test.body {
			t.Errorf("%s: got %d %q, want %d %q", name, res.StatusCode, body, test.status, test.body)
		}
		if res.StatusCode == 200 && (res.ContentLength != 10 || res.Header.Get("ETag") != `"`+hash.String()+`"`) {
			t.Errorf("%s: length %d, ETag %s", name, res.ContentLength, res.Header.Get("ETag"))
		}
	}
}

// A file that somebody wrote to is not served, nor a part of it.
func TestHandlerServesNoDamagedFile(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	hash := put(t, c, "0123456789")
	path, err := c.Content(hash)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Chmod(path, 0o644), os.WriteFile(path, []byte("0123456780"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if res, body := ask(t, "GET", serve(t, Handler(c, "")).URL+"/content/"+hash.String(), nil); res.StatusCode != 404 {
		t.Errorf("got %d %q, want 404", res.StatusCode, body)
	}
}

func TestTokenIsNeededBeyondLoopback(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		ip, token string
		ok        bool
	}{{"127.0.0.1", "", true}, {"::1", "", true}, {"0.0.0.0", "", false}, {"10.0.0.7", "", false}, {"10.0.0.7", "x", true}} {
		err := RequireToken(&net.TCPAddr{IP: net.ParseIP(test.ip)}, test.token)
		if (err == nil) != test.ok {
			t.Errorf("%s with token %q: %v", test.ip, test.token, err)
		}
	}
}

// slowClient asks for content and takes nothing of the answer.
func slowClient(t *testing.T, s *httptest.Server, hash dag.ContentHash) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /content/"+hash.String()+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	return conn
}

// The only transfer is held by a client that stalls: the next is told to come
// back, and served once the first was dropped.
func TestStalledClientIsDropped(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	big, small := put(t, c, strings.Repeat("0123456789abcdef", 2<<20)), put(t, c, "small")
	s := serve(t, Serving{Transfers: 1, Wait: time.Millisecond, Stall: time.Second}.Handler(c))
	conn := slowClient(t, s, big)
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil { // its transfer runs
		t.Fatal(err)
	}
	res, _ := ask(t, "GET", s.URL+"/content/"+small.String(), nil)
	if res.StatusCode != 503 {
		t.Errorf("while the transfer is taken: got %d, want 503", res.StatusCode)
	}
	for deadline := time.Now().Add(30 * time.Second); ; {
		res, body := ask(t, "GET", s.URL+"/content/"+small.String(), nil)
		if res.StatusCode == 200 && body == "small" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the stalled client still holds the transfer: %d", res.StatusCode)
		}
	}
}
