package dag

import (
	"encoding/hex"
	"fmt"

	"golang.org/x/crypto/sha3"
)

// ID is a SHA3-256 digest. K only tells the kinds of identity apart, so that
// the compiler refuses a content hash where a cache_id belongs. The zero value
// means "none".
type ID[K any] [32]byte

type (
	contentKind  struct{}
	cacheKind    struct{}
	recipeKind   struct{}
	runKind      struct{}
	analysisKind struct{}
	planKind     struct{}
)

// The identities of the farm. A resolved_id is a CacheID too: it is the same
// hash of the same object, with every input written as content.
type (
	// ContentHash identifies bytes.
	ContentHash = ID[contentKind]
	// CacheID identifies a step before its work is done.
	CacheID = ID[cacheKind]
	// RecipeHash identifies a parsed recipe document.
	RecipeHash = ID[recipeKind]
	// RunID identifies the work of producing a recipe's outputs from inputs.
	RunID = ID[runKind]
	// AnalysisID identifies the measurement of features of an input.
	AnalysisID = ID[analysisKind]
	// PlanID identifies a recipe expanded into steps.
	PlanID = ID[planKind]
)

// String returns 64 lower-case hex digits.
func (id ID[K]) String() string { return hex.EncodeToString(id[:]) }

// Short returns the first 8 hex digits, for people.
func (id ID[K]) Short() string { return hex.EncodeToString(id[:4]) }

// IsZero reports whether id is the zero value, which identifies nothing.
func (id ID[K]) IsZero() bool { return id == ID[K]{} }

// MarshalText returns the hex form.
func (id ID[K]) MarshalText() ([]byte, error) {
	return hex.AppendEncode(nil, id[:]), nil
}

// UnmarshalText reads the hex form; see ParseID.
func (id *ID[K]) UnmarshalText(text []byte) error {
	parsed, err := ParseID[ID[K]](string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// ParseID reads 64 lower-case hex digits: ParseID[ContentHash](s). Upper case
// is refused, because one identity must have one spelling.
func ParseID[T ~[32]byte](s string) (T, error) {
	var id T
	if len(s) != 64 {
		return id, fmt.Errorf("identity %q: want 64 hex digits, got %d characters", clip(s), len(s))
	}
	for i := range 64 {
		hi, ok := unhex(s[i])
		if !ok {
			return T{}, fmt.Errorf("identity %q: character %d is not a lower-case hex digit", clip(s), i+1)
		}
		id[i/2] = id[i/2]<<4 | hi
	}
	return id, nil
}

func unhex(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	}
	return 0, false
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:77] + "..."
	}
	return s
}

// HashContent returns the content hash of data held in memory. Files are
// hashed while they stream into the cache.
func HashContent(data []byte) ContentHash { return sha3.Sum256(data) }

// object hashes the canonical JSON of v, which must be built of the types that
// Canonical accepts.
func object(v map[string]any) ([32]byte, error) {
	text, err := Canonical(v)
	if err != nil {
		return [32]byte{}, err
	}
	return sha3.Sum256(text), nil
}

// StepID returns the identity of a step: SHA3-256 of
// {"config":C,"inputs":[I...],"type":T}, with "realm":R when realm is set.
// config is canonical JSON already (see Canonical); typ is the versioned name,
// "SEGMENT@1". Given inputs that are all content, the result is the
// resolved_id.
func StepID(typ string, config []byte, inputs []Input, realm string) CacheID {
	text := make([]byte, 0, 64+len(config)+80*len(inputs))
	text = append(text, `{"config":`...)
	text = append(text, config...)
	text = append(text, `,"inputs":[`...)
	for i, in := range inputs {
		if i > 0 {
			text = append(text, ',')
		}
		text = in.appendHash(append(text, '"'))
		text = append(appendEscaped(text, in.suffix()), '"')
	}
	text = append(text, ']')
	if realm != "" {
		text = appendString(append(text, `,"realm":`...), realm)
	}
	text = appendString(append(text, `,"type":`...), typ)
	return sha3.Sum256(append(text, '}'))
}

// HashRecipe returns the identity of a parsed recipe document.
func HashRecipe(document map[string]any) (RecipeHash, error) {
	h, err := object(document)
	return RecipeHash(h), err
}

// HashRun returns the identity of a run. inputs maps each name to the content
// hash of the file, or to a list of them for an input that takes several;
// params holds every declared parameter, defaults filled in.
func HashRun(recipe RecipeHash, inputs map[string][]ContentHash, params map[string]any, realm string) (RunID, error) {
	h, err := object(withRealm(map[string]any{
		"inputs": inputsObject(inputs), "params": orEmpty(params), "recipe": recipe.String(),
	}, realm))
	return RunID(h), err
}

// HashAnalysis returns the identity of measuring features (each with its
// version, "beats@1", in any order) of an input.
func HashAnalysis(input ContentHash, features ...string) AnalysisID {
	h, err := object(map[string]any{"features": sortedList(features), "input": input.String()})
	if err != nil {
		// Unreachable: strings of our own are valid UTF-8.
		panic(err)
	}
	return AnalysisID(h)
}

// PlanInputs is everything that decides a plan.
type PlanInputs struct {
	Recipe   RecipeHash
	Inputs   map[string][]ContentHash
	Params   map[string]any
	Analysis map[string]ContentHash // name -> hash of the analysis document
	Types    []string               // versioned types in use, any order, repeats allowed
	Realm    string
}

// HashPlan returns the identity of a plan.
func HashPlan(p PlanInputs) (PlanID, error) {
	analysis := make(map[string]any, len(p.Analysis))
	for name, hash := range p.Analysis {
		analysis[name] = hash.String()
	}
	h, err := object(withRealm(map[string]any{
		"analysis": analysis, "inputs": inputsObject(p.Inputs), "params": orEmpty(p.Params),
		"recipe": p.Recipe.String(), "types": sortedList(p.Types),
	}, p.Realm))
	return PlanID(h), err
}

func withRealm(v map[string]any, realm string) map[string]any {
	if realm != "" {
		v["realm"] = realm
	}
	return v
}

// inputsObject writes an input of one file as its hash, and an input of
// several, or none, as a list of hashes in order.
func inputsObject(inputs map[string][]ContentHash) map[string]any {
	out := make(map[string]any, len(inputs))
	for name, hashes := range inputs {
		if len(hashes) == 1 {
			out[name] = hashes[0].String()
			continue
		}
		list := make([]any, len(hashes))
		for i, h := range hashes {
			list[i] = h.String()
		}
		out[name] = list
	}
	return out
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}
