package provenance

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/artdag/artdag/dag"
)

// toDocument writes the statement of a record; what is empty is left out, as
// SLSA takes unset and empty for the same.
func toDocument(r Record) (map[string]any, error) {
	steps, err := steps(r.Steps)
	return map[string]any{
		"_type": statementType, "subject": subjects(r.Outputs), "predicateType": predicateType,
		"predicate": map[string]any{
			"buildDefinition": definition(r),
			"runDetails": map[string]any{
				"builder":      map[string]any{"id": r.Farm},
				"metadata":     metadata(r),
				"artdag_steps": steps,
			},
		},
	}, err
}

func subjects(outputs []Output) []any {
	list := make([]any, len(outputs))
	for i, o := range outputs {
		subject := resource(o.Name, o.Content)
		if o.CID != "" {
			subject["annotations"] = map[string]any{"cid": o.CID}
		}
		list[i] = subject
	}
	return list
}

func resource(name string, content dag.ContentHash) map[string]any {
	return map[string]any{"name": name, "digest": map[string]any{"sha3_256": content.String()}}
}

func definition(r Record) map[string]any {
	params := r.Params
	if params == nil {
		params = map[string]any{}
	}
	internal := map[string]any{"runId": r.RunID.String()}
	put(internal, "realm", r.Realm)
	if !r.PlanID.IsZero() {
		internal["planId"] = r.PlanID.String()
	}
	external := map[string]any{"params": params, "inputs": inputs(r.Inputs)}
	put(external, "name", r.Name)
	return map[string]any{
		"buildType": buildType, "externalParameters": external, "internalParameters": internal,
		"resolvedDependencies": dependencies(r),
	}
}

func inputs(inputs map[string][]dag.ContentHash) map[string]any {
	all := make(map[string]any, len(inputs))
	for name, hashes := range inputs {
		list := make([]any, len(hashes))
		for i, hash := range hashes {
			list[i] = hash.String()
		}
		all[name] = list
	}
	return all
}

// dependencies are the recipe, then the inputs by name.
func dependencies(r Record) []any {
	list := []any{resource("recipe", dag.ContentHash(r.Recipe))}
	for _, name := range slices.Sorted(maps.Keys(r.Inputs)) {
		for i, hash := range r.Inputs[name] {
			list = append(list, resource("inputs/"+name+"/"+strconv.Itoa(i), hash))
		}
	}
	return list
}

func metadata(r Record) map[string]any {
	m := map[string]any{"invocationId": r.Job}
	putTime(m, "startedOn", r.Started)
	putTime(m, "finishedOn", r.Finished)
	return m
}

func put(object map[string]any, key, value string) {
	if value != "" {
		object[key] = value
	}
}

// timestamp is that of in-toto's field_types.md: RFC 3339 in UTC.
func timestamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

func putTime(object map[string]any, key string, at time.Time) {
	if !at.IsZero() {
		object[key] = timestamp(at)
	}
}

// encode returns the canonical statement, or says what the record lacks.
func encode(r Record) ([]byte, error) {
	if err := check(r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	document, err := toDocument(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	payload, err := dag.Canonical(document)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	return payload, nil
}
