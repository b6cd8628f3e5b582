package provenance

import (
	"context"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/artdag/artdag/dag"
)

// Sign returns the document of the record, signed: a DSSE envelope in canonical
// JSON, the same bytes whenever the record and the key are the same. A record
// that lacks something is ErrRecord, the zero key ErrKey. A record of 100,000
// steps takes about a second and some 300 MB.
func Sign(ctx context.Context, key Key, r Record) ([]byte, error) {
	document, err := sign(ctx, key, r)
	if err != nil {
		return nil, fmt.Errorf("provenance: sign the record of job %s: %w", r.Job, err)
	}
	return document, nil
}

func sign(ctx context.Context, key Key, r Record) ([]byte, error) {
	if key.private == nil {
		return nil, fmt.Errorf("%w: it is empty", ErrKey)
	}
	payload, err := encode(r)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	by, err := dsse.NewEnvelopeSigner(signer{key})
	if err != nil {
		return nil, err
	}
	envelope, err := by.SignPayload(ctx, PayloadType, payload)
	if err != nil {
		return nil, err
	}
	return seal(envelope)
}

// seal writes an envelope as DSSE's envelope.md says, canonically.
func seal(e *dsse.Envelope) ([]byte, error) {
	signatures := make([]any, len(e.Signatures))
	for i, s := range e.Signatures {
		signatures[i] = map[string]any{"keyid": s.KeyID, "sig": s.Sig}
	}
	return dag.Canonical(map[string]any{
		"payload": e.Payload, "payloadType": e.PayloadType, "signatures": signatures,
	})
}
