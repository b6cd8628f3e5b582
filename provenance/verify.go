package provenance

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// Verify returns the record in a document that Sign made, and the ID of the
// trusted key that signed it. Nothing of the statement is read before its
// signature has been found good. Errors are ErrMalformed, ErrPayloadType,
// ErrForeignKey, ErrSignature, ErrStatement and that of ctx.
//
// It is strict: a field that Sign does not write, a second spelling of one it
// does, or white space is ErrMalformed, whoever signed it.
func Verify(ctx context.Context, envelope []byte, trusted ...PublicKey) (Record, string, error) {
	r, id, err := verify(ctx, envelope, trusted)
	if err != nil {
		return Record{}, "", fmt.Errorf("provenance: verify: %w", err)
	}
	return r, id, nil
}

func verify(ctx context.Context, envelope []byte, trusted []PublicKey) (Record, string, error) {
	e, err := open(envelope)
	if err != nil {
		return Record{}, "", err
	}
	key, err := signedBy(e, trusted)
	if err != nil {
		return Record{}, "", err
	}
	by, err := dsse.NewEnvelopeVerifier(key)
	if err != nil {
		return Record{}, "", err
	}
	_, payload, err := by.VerifyAndDecode(ctx, e)
	if err != nil {
		return Record{}, "", fmt.Errorf("%w: key %s", ErrSignature, key.id)
	}
	if err := ctx.Err(); err != nil {
		return Record{}, "", err
	}
	r, err := read(payload)
	return r, key.id, err
}

// open reads an envelope of one signature, all of whose fields are as Sign
// writes them.
func open(text []byte) (*dsse.Envelope, error) {
	var e dsse.Envelope
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("%w: the envelope: %w", ErrMalformed, err)
	}
	if e.PayloadType != PayloadType {
		return nil, fmt.Errorf("%w: its payload is of type %.80q", ErrPayloadType, e.PayloadType)
	}
	if len(e.Signatures) != 1 {
		return nil, fmt.Errorf("%w: it has %d signatures, want 1", ErrMalformed, len(e.Signatures))
	}
	for name, field := range map[string]string{"payload": e.Payload, "sig": e.Signatures[0].Sig} {
		if !isBase64(field) {
			return nil, fmt.Errorf("%w: %s is not in plain base64", ErrMalformed, name)
		}
	}
	if again, err := seal(&e); err != nil || !bytes.Equal(again, text) {
		return nil, fmt.Errorf("%w: the envelope is not canonical", ErrMalformed)
	}
	return &e, nil
}

// isBase64 reports whether there is no other spelling: the library, as DSSE
// asks, takes two alphabets, and the decoder skips line ends and loose bits.
func isBase64(text string) bool {
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	return err == nil && base64.StdEncoding.EncodedLen(len(decoded)) == len(text)
}

// signedBy returns the trusted key that the signature names.
func signedBy(e *dsse.Envelope, trusted []PublicKey) (verifier, error) {
	id := e.Signatures[0].KeyID
	for _, key := range trusted {
		if v := (verifier{key, key.ID()}); v.id == id && key != (PublicKey{}) {
			return v, nil
		}
	}
	return verifier{}, fmt.Errorf("%w: it names key %.80q", ErrForeignKey, id)
}

// read returns the record in a statement that is as encode writes it.
func read(payload []byte) (Record, error) {
	var s statement
	if err := json.Unmarshal(payload, &s); err != nil {
		if other := otherKind(payload); other != nil {
			return Record{}, other
		}
		return Record{}, fmt.Errorf("%w: the statement: %w", ErrMalformed, err)
	}
	if err := s.kind().check(); err != nil {
		return Record{}, err
	}
	r := s.record()
	again, err := encode(r)
	if err != nil {
		return Record{}, fmt.Errorf("%w: the statement: %w", ErrMalformed, err)
	}
	if !bytes.Equal(again, payload) {
		return Record{}, fmt.Errorf("%w: the statement is not canonical", ErrMalformed)
	}
	return r, nil
}
