package provenance

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "farm", "key.pem")
	ids := make([]string, 16)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			key, err := LoadOrCreateKey(path)
			if err != nil {
				t.Error(err)
			}
			ids[i] = key.ID()
		})
	}
	all.Wait()
	for _, id := range ids {
		if id != ids[0] || len(id) != 64 {
			t.Errorf("keys of starters at once: %q", ids)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("beside the key: %v, %v", entries, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("the key's mode is %v, %v", info.Mode(), err)
	}
}

func TestAFileThatIsNoKeyIsKept(t *testing.T) {
	t.Parallel()
	good, err := newKey(t).marshal()
	if err != nil {
		t.Fatal(err)
	}
	const rsa = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	for name, test := range map[string]struct {
		text string
		mode os.FileMode
	}{
		"empty": {"", 0o600}, "text": {"hello", 0o600}, "half": {string(good[:60]), 0o600}, "two": {string(good) + string(good), 0o600},
		"rsa": {rsa, 0o600}, "long": {string(good) + strings.Repeat(" ", 5000), 0o600}, "public": {string(newKey(t).Public().PEM()), 0o600},
		"readable by all": {string(good), 0o644}, "writable by the group": {string(good), 0o660},
	} {
		path := filepath.Join(t.TempDir(), "key.pem")
		if err := os.WriteFile(path, []byte(test.text), test.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, test.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadOrCreateKey(path); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want ErrKey and the path", name, err)
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != test.text {
			t.Errorf("%s: the file became %q, %v", name, text, err)
		}
	}
}

func TestAFolderInTheWayIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := LoadOrCreateKey(t.TempDir()); err == nil {
		t.Error("a folder was taken for a key")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadOrCreateKey(filepath.Join(file, "key.pem")); err == nil {
		t.Error("a key was made below a file")
	}
}

func TestAPublicKeyComesBack(t *testing.T) {
	t.Parallel()
	want := newKey(t).Public()
	got, err := ParsePublicKey(want.PEM())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.ID(), got.ID()); diff != "" || got != want {
		t.Errorf("-written +read\n%s", diff)
	}
	private, err := newKey(t).marshal()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range [][]byte{nil, []byte("hello"), private, append(want.PEM(), want.PEM()...)} {
		if _, err := ParsePublicKey(text); !errors.Is(err, ErrKey) {
			t.Errorf("%q: got %v, want ErrKey", text, err)
		}
	}
}

// The ID is what openssl pkey -pubin -outform DER | openssl dgst -sha3-256
// says of the public key of RFC 8032, section 7.1, test 1.
func TestTheIDIsThatOfOpenSSL(t *testing.T) {
	t.Parallel()
	const text = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"
	public, err := ParsePublicKey([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	const want = "39ba09856e81304ec43ff48cef3207ea33c2244b3b6388e4adc2b600f0c690cd"
	if got := public.ID(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, key); got != "key "+key.ID() {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	if got := fmt.Appendf(nil, "%x", key); bytes.Contains(got, fmt.Appendf(nil, "%x", []byte(key.private[:8]))) {
		t.Errorf("%%x prints %s", got)
	}
}
