package farm

import (
	"crypto/tls"
	"net"
)

// listenWith listens on an address, over TLS where a certificate is given, and
// says how clients write that in a URL. A certificate that is renewed is read
// when the process starts again.
func listenWith(address, certificate, key string) (_ net.Listener, scheme string, err error) {
	if certificate == "" && key == "" {
		plain, err := net.Listen("tcp", address)
		return plain, "http", err
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, "", err
	}
	listener, err := tls.Listen("tcp", address, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}})
	return listener, "https", err
}
