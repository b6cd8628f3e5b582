package provenance

import "errors"

// What is wrong with a document, a record or a key. Errors wrap one of them
// and say what in particular.
var (
	// ErrRecord is a record that cannot be signed: something that must be there
	// is missing, or has no canonical form.
	ErrRecord = errors.New("the record is not complete")
	// ErrMalformed is a document that is not as Sign writes it, or a statement
	// within it, though well signed.
	ErrMalformed = errors.New("the document is malformed")
	// ErrPayloadType is an envelope of something else than a statement.
	ErrPayloadType = errors.New("the envelope holds no in-toto statement")
	// ErrForeignKey is a document that no trusted key has signed.
	ErrForeignKey = errors.New("no trusted key has signed it")
	// ErrSignature is a signature that does not fit: the payload, its type, the
	// signature or the name of the key was changed.
	ErrSignature = errors.New("the signature does not fit the content")
	// ErrStatement is a statement of another kind than the provenance of a job.
	ErrStatement = errors.New("the statement is no provenance of a job")
	// ErrKey is a file or a text that is not a key, or not kept as one.
	ErrKey = errors.New("not a usable key")
)
