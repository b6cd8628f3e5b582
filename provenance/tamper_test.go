package provenance

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/artdag/artdag/dag"
)

// reopened returns the envelope of a document for changes.
func reopened(t testing.TB, document []byte) *dsse.Envelope {
	t.Helper()
	var e dsse.Envelope
	if err := json.Unmarshal(document, &e); err != nil {
		t.Fatal(err)
	}
	return &e
}

func sealed(t testing.TB, e *dsse.Envelope) []byte {
	t.Helper()
	document, err := seal(e)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// Each leaf of the statement is changed, and nothing else.
func TestAChangedFieldIsFound(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	document := mustSign(t, key, film())
	payload, err := reopened(t, document).DecodeB64Payload()
	if err != nil {
		t.Fatal(err)
	}
	var fields any
	if err := json.Unmarshal(payload, &fields); err != nil {
		t.Fatal(err)
	}
	changed := 0
	leaves(fields, func() {
		changed++
		e := reopened(t, document)
		text, err := dag.Canonical(fields)
		if err != nil {
			t.Fatal(err)
		}
		e.Payload = base64.StdEncoding.EncodeToString(text)
		if _, _, err := Verify(t.Context(), sealed(t, e), key.Public()); !errors.Is(err, ErrSignature) {
			t.Errorf("got %v for %s", err, text)
		}
	})
	if changed < 50 {
		t.Errorf("only %d fields were changed", changed)
	}
}

// leaves calls try with each value below v changed in turn, and with each field
// left out.
func leaves(v any, try func()) {
	switch v := v.(type) {
	case map[string]any:
		for key, was := range v {
			leaves(was, try)
			v[key] = other(was)
			try()
			delete(v, key)
			try()
			v[key] = was
		}
	case []any:
		for i, was := range v {
			leaves(was, try)
			v[i] = other(was)
			try()
			v[i] = was
		}
	}
}

func other(v any) any {
	switch v := v.(type) {
	case string:
		return v + "0"
	case bool:
		return !v
	case float64:
		return v + 1
	}
	return "other"
}

func TestAChangedEnvelopeIsFound(t *testing.T) {
	t.Parallel()
	key, foreign := newKey(t), newKey(t)
	document := mustSign(t, key, film())
	theirs := reopened(t, mustSign(t, foreign, film())).Signatures[0]
	for name, test := range map[string]struct {
		change func(*dsse.Envelope)
		want   error
	}{
		"payload type":         {func(e *dsse.Envelope) { e.PayloadType = "application/json" }, ErrPayloadType},
		"payload not base64":   {func(e *dsse.Envelope) { e.Payload = "*" + e.Payload[1:] }, ErrMalformed},
		"payload with a line":  {func(e *dsse.Envelope) { e.Payload = e.Payload[:8] + "\n" + e.Payload[8:] }, ErrMalformed},
		"no payload":           {func(e *dsse.Envelope) { e.Payload = "" }, ErrSignature},
		"foreign signature":    {func(e *dsse.Envelope) { e.Signatures[0].Sig = theirs.Sig }, ErrSignature},
		"no signature":         {func(e *dsse.Envelope) { e.Signatures[0].Sig = "" }, ErrSignature},
		"no signatures":        {func(e *dsse.Envelope) { e.Signatures = nil }, ErrMalformed},
		"a second signature":   {func(e *dsse.Envelope) { e.Signatures = append(e.Signatures, theirs) }, ErrMalformed},
		"foreign key and sig":  {func(e *dsse.Envelope) { e.Signatures[0] = theirs }, ErrForeignKey},
		"foreign key":          {func(e *dsse.Envelope) { e.Signatures[0].KeyID = theirs.KeyID }, ErrForeignKey},
		"no key":               {func(e *dsse.Envelope) { e.Signatures[0].KeyID = "" }, ErrForeignKey},
		"the key in uppercase": {func(e *dsse.Envelope) { e.Signatures[0].KeyID = strings.ToUpper(e.Signatures[0].KeyID) }, ErrForeignKey},
	} {
		e := reopened(t, document)
		test.change(e)
		if _, _, err := Verify(t.Context(), sealed(t, e), key.Public()); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

func TestNobodyIsTrustedByDefault(t *testing.T) {
	t.Parallel()
	document := mustSign(t, newKey(t), film())
	for name, trusted := range map[string][]PublicKey{"nobody": nil, "the zero key": {{}}, "another": {newKey(t).Public()}} {
		if _, _, err := Verify(t.Context(), document, trusted...); !errors.Is(err, ErrForeignKey) {
			t.Errorf("%s is trusted: %v", name, err)
		}
	}
}

func TestAnotherSpellingIsRefused(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	document := string(mustSign(t, key, film()))
	for name, text := range map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "an object": "{}", "half": document[:len(document)/2], "a line end": document + "\n",
		"twice": document + document, "an unknown field": `{"more":1,` + document[1:], "a field twice": `{"payloadType":"",` + document[1:],
		"another case": strings.Replace(document, `"payload"`, `"Payload"`, 1),
		"an escape":    strings.Replace(document, `"keyid"`, `"key\u0069d"`, 1),
	} {
		_, _, err := Verify(t.Context(), []byte(text), key.Public())
		if want := ErrMalformed; !errors.Is(err, want) && !(errors.Is(err, ErrPayloadType) && (text == "null" || text == "{}")) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
}

// signedAs signs any payload with a trusted key.
func signedAs(t testing.TB, key Key, payload string) []byte {
	t.Helper()
	by, err := dsse.NewEnvelopeSigner(signer{key})
	if err != nil {
		t.Fatal(err)
	}
	e, err := by.SignPayload(t.Context(), PayloadType, []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return sealed(t, e)
}

// A trusted key signs what it is given; what is no record is refused even so.
func TestAWellSignedStatementIsReadStrictly(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	encoded, err := encode(film())
	if err != nil {
		t.Fatal(err)
	}
	payload := string(encoded)
	replace := func(old, new string) string {
		if !strings.Contains(payload, old) {
			t.Fatalf("no %q in %s", old, payload)
		}
		return strings.Replace(payload, old, new, 1)
	}
	for name, test := range map[string]struct {
		payload string
		want    error
	}{
		"the record":                 {payload, nil},
		"nothing":                    {"", ErrMalformed},
		"no JSON":                    {"hello", ErrMalformed},
		"another statement":          {replace("Statement/v1", "Statement/v0.1"), ErrStatement},
		"another predicate":          {replace("slsa.dev/provenance/v1", "slsa.dev/provenance/v0.2"), ErrStatement},
		"another predicate's fields": {`{"_type":"` + statementType + `","predicate":{"buildDefinition":1},"subject":[{"digest":{"sha3_256":"short"}}],"predicateType":"x"}`, ErrMalformed},
		"another statement's fields": {`{"_type":"x","subject":[{"digest":{"sha3_256":"short"}}]}`, ErrStatement},
		"another build":              {replace("provenance/job/v1", "provenance/job/v2"), ErrStatement},
		"an unknown field":           {replace(`"_type"`, `"A":1,"_type"`), ErrMalformed},
		"a field twice":              {replace(`"_type"`, `"_type":"","_type"`), ErrMalformed},
		"an upper-case digest":       {replace(content("film").String(), strings.ToUpper(content("film").String())), ErrMalformed},
		"a short digest":             {replace(content("film").String(), content("film").String()[2:]), ErrMalformed},
		"another digest":             {replace(`"sha3_256"`, `"sha256"`), ErrMalformed},
		"other dependencies":         {replace(`"inputs/shots/1"`, `"inputs/shots/2"`), ErrMalformed},
		"another time zone":          {replace(`09:30:00.123456789Z`, `10:30:00.123456789+01:00`), ErrMalformed},
		"an empty realm":             {replace(`"realm":"studio"`, `"realm":""`), ErrMalformed},
		"white space":                {payload + " ", ErrMalformed},
	} {
		_, _, err := Verify(t.Context(), signedAs(t, key, test.payload), key.Public())
		if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
}

// Whatever is verified is what Sign writes; the rest is an error that says what.
func FuzzVerify(f *testing.F) {
	key := newKey(f)
	document := mustSign(f, key, film())
	payload, err := encode(film())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(document, false)
	f.Add(payload, true)
	f.Add([]byte(`{}`), true)
	f.Fuzz(func(t *testing.T, text []byte, sign bool) {
		if sign {
			text = signedAs(t, key, string(text))
		}
		r, id, err := Verify(t.Context(), text, key.Public())
		if err != nil {
			for _, known := range []error{ErrMalformed, ErrPayloadType, ErrForeignKey, ErrSignature, ErrStatement} {
				if errors.Is(err, known) {
					return
				}
			}
			t.Fatalf("an error of no kind: %v", err)
		}
		if again := mustSign(t, key, r); id != key.ID() || !bytes.Equal(again, text) {
			t.Errorf("key %s; read from\n%s\nwritten as\n%s", id, text, again)
		}
	})
}
