package provenance

import (
	"encoding/json"
	"fmt"
)

// kind is what a statement says that it is, whatever else it holds.
type kind struct{ statement, predicate, build string }

func (s *statement) kind() kind {
	return kind{s.Type, s.PredicateType, s.Predicate.BuildDefinition.BuildType}
}

// check reports a statement of another kind.
func (k kind) check() error {
	switch {
	case k.statement != statementType:
		return fmt.Errorf("%w: its _type is %.80q", ErrStatement, k.statement)
	case k.predicate != predicateType:
		return fmt.Errorf("%w: its predicateType is %.80q", ErrStatement, k.predicate)
	case k.build != buildType:
		return fmt.Errorf("%w: its buildType is %.80q", ErrStatement, k.build)
	}
	return nil
}

// otherKind reports why a statement could not be read, if it is because it is
// of another kind: then its fields are nothing to complain of.
func otherKind(payload []byte) error {
	var s struct {
		Type          string `json:"_type"`
		PredicateType string `json:"predicateType"`
		Predicate     struct {
			BuildDefinition struct {
				BuildType string `json:"buildType"`
			} `json:"buildDefinition"`
		} `json:"predicate"`
	}
	if json.Unmarshal(payload, &s) != nil {
		return nil // it is of no kind
	}
	return kind{s.Type, s.PredicateType, s.Predicate.BuildDefinition.BuildType}.check()
}
