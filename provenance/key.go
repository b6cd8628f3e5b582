package provenance

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/artdag/artdag/dag"
)

// Key is the ed25519 key (RFC 8032) that a farm signs with. It is safe for
// concurrent use; the zero value signs nothing.
type Key struct{ private ed25519.PrivateKey }

// PublicKey is the half of a Key that everybody may know. It is comparable;
// the zero value trusts nothing.
type PublicKey struct{ bytes [ed25519.PublicKeySize]byte }

var (
	_ dsse.Signer   = signer{}
	_ dsse.Verifier = verifier{}
)

// NewKey makes a key from the system's randomness.
func NewKey() (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("provenance: make a key: %w", err)
	}
	return Key{private}, nil
}

// Public returns the public half.
func (k Key) Public() PublicKey {
	var public PublicKey
	if len(k.private) == ed25519.PrivateKeySize {
		copy(public.bytes[:], k.private[ed25519.PrivateKeySize-ed25519.PublicKeySize:])
	}
	return public
}

// ID names the key: see PublicKey.ID.
func (k Key) ID() string { return k.Public().ID() }

// String hides the key from logs.
func (k Key) String() string { return "key " + k.ID() }

// GoString hides the key from %#v.
func (k Key) GoString() string { return k.String() }

// marshal writes the key as PKCS #8 in PEM, as openssl does.
func (k Key) marshal() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// PrivatePEM is the secret itself, as a key file holds it. It belongs where
// nobody else reads.
func (k Key) PrivatePEM() ([]byte, error) { return k.marshal() }

// ParseKey reads what PrivatePEM wrote; anything else is ErrKey.
func ParseKey(text []byte) (Key, error) { return parseKey(text) }

func parseKey(text []byte) (Key, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" || len(rest) > 0 {
		return Key{}, fmt.Errorf("%w: want one PEM block PRIVATE KEY", ErrKey)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return Key{}, fmt.Errorf("%w: it is a %T, want ed25519", ErrKey, parsed)
	}
	return Key{private}, nil
}

// ID names the key: the SHA3-256 of its DER form (RFC 8410), in hex.
func (p PublicKey) ID() string { return dag.HashContent(p.der()).String() }

func (p PublicKey) der() []byte {
	der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(p.bytes[:]))
	if err != nil {
		panic(err) // unreachable: every 32 bytes have this form
	}
	return der
}

// PEM returns the key as others read it: openssl pkey -pubin.
func (p PublicKey) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: p.der()})
}

// ParsePublicKey reads what PEM writes. Errors are ErrKey.
func ParsePublicKey(text []byte) (PublicKey, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "PUBLIC KEY" || len(rest) > 0 {
		return PublicKey{}, fmt.Errorf("provenance: %w: want one PEM block PUBLIC KEY", ErrKey)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return PublicKey{}, fmt.Errorf("provenance: %w: %w", ErrKey, err)
	}
	public, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return PublicKey{}, fmt.Errorf("provenance: %w: it is a %T, want ed25519", ErrKey, parsed)
	}
	return PublicKey{[ed25519.PublicKeySize]byte(public)}, nil
}

// signer and verifier are the keys as the envelope sees them.
type signer struct{ Key }

func (s signer) Sign(_ context.Context, data []byte) ([]byte, error) {
	return ed25519.Sign(s.private, data), nil
}

func (s signer) KeyID() (string, error) { return s.ID(), nil }

type verifier struct {
	PublicKey
	id string
}

var errUnfit = errors.New("it does not fit")

func (v verifier) Verify(_ context.Context, data, signature []byte) error {
	if !ed25519.Verify(v.bytes[:], data, signature) {
		return errUnfit
	}
	return nil
}

func (v verifier) KeyID() (string, error) { return v.id, nil }

func (v verifier) Public() crypto.PublicKey { return ed25519.PublicKey(v.bytes[:]) }
