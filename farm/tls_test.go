package farm

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/artdag/artdag/api/client"
)

// pair writes the certificate of a test server and its key to files.
func pair(t *testing.T) (certificate, key string, trust *x509.CertPool) {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	made := server.TLS.Certificates[0]
	secret, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	certificate, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	for file, block := range map[string]*pem.Block{
		certificate: {Type: "CERTIFICATE", Bytes: made.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	trust = x509.NewCertPool()
	trust.AddCert(server.Certificate())
	return certificate, key, trust
}

func TestPeersAreServedOverTLS(t *testing.T) {
	certificate, key, trust := pair(t)
	listener, scheme, err := listenWith("127.0.0.1:0", certificate, key)
	if err != nil || scheme != "https" {
		t.Fatalf("listening came to %q, %v", scheme, err)
	}
	server := httptest.Server{Listener: listener, Config: &http.Server{Handler: http.NotFoundHandler()}}
	server.Start()
	defer server.Close()
	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trust}}}
	defer trusting.CloseIdleConnections()
	answer, err := trusting.Get("https://" + listener.Addr().String())
	if err != nil || answer.TLS.Version < tls.VersionTLS12 {
		t.Fatalf("over TLS: %v", err)
	}
	answer.Body.Close()
	_, err = http.Get("https://" + listener.Addr().String())
	if !client.Untrusted(err) {
		t.Errorf("who does not know the authority gets %v", err)
	}
}

func TestListeningWithoutCertificate(t *testing.T) {
	listener, scheme, err := listenWith("127.0.0.1:0", "", "")
	if err != nil || scheme != "http" {
		t.Fatalf("listening came to %q, %v", scheme, err)
	}
	listener.Close()
	certificate, _, _ := pair(t)
	for name, files := range map[string][2]string{"no key": {certificate, ""}, "no certificate": {"", certificate}, "not its key": {certificate, certificate}} {
		if l, _, err := listenWith("127.0.0.1:0", files[0], files[1]); err == nil {
			l.Close()
			t.Errorf("%s: it listens", name)
		}
	}
}
