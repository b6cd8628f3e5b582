package provenance

import (
	"time"

	"github.com/artdag/artdag/dag"
)

// Values that the specifications prescribe, and the one that is ours.
const (
	// PayloadType is the media type of a statement in an envelope
	// (in-toto spec/v1/envelope.md).
	PayloadType   = "application/vnd.in-toto+json"
	statementType = "https://in-toto.io/Statement/v1" // spec/v1/statement.md
	predicateType = "https://slsa.dev/provenance/v1"  // slsa.dev/spec/v1.0/provenance
	// buildType names this package's reading of the parameters.
	buildType = "https://github.com/artdag/artdag/provenance/job/v1"
)

// statement is how a Record is read; toDocument writes it.
type statement struct {
	Type          string       `json:"_type"`
	Subject       []descriptor `json:"subject"`
	PredicateType string       `json:"predicateType"`
	Predicate     struct {
		BuildDefinition buildDefinition `json:"buildDefinition"`
		RunDetails      runDetails      `json:"runDetails"`
	} `json:"predicate"`
}

// descriptor is in-toto's ResourceDescriptor (spec/v1/resource_descriptor.md).
// sha3_256 is the name that spec/v1/digest_set.md gives to SHA3-256.
type descriptor struct {
	Name   string `json:"name"`
	Digest struct {
		SHA3 dag.ContentHash `json:"sha3_256"`
	} `json:"digest"`
	Annotations struct {
		CID string `json:"cid"`
	} `json:"annotations"`
}

type buildDefinition struct {
	BuildType          string `json:"buildType"`
	ExternalParameters struct {
		Name   string                       `json:"name"`
		Params map[string]any               `json:"params"`
		Inputs map[string][]dag.ContentHash `json:"inputs"`
	} `json:"externalParameters"`
	InternalParameters struct {
		Realm  string     `json:"realm"`
		RunID  dag.RunID  `json:"runId"`
		PlanID dag.PlanID `json:"planId"`
	} `json:"internalParameters"`
	// The first is the recipe; the others repeat the inputs.
	ResolvedDependencies []descriptor `json:"resolvedDependencies"`
}

type runDetails struct {
	Builder struct {
		ID string `json:"id"`
	} `json:"builder"`
	Metadata struct {
		InvocationID string    `json:"invocationId"`
		StartedOn    time.Time `json:"startedOn"`
		FinishedOn   time.Time `json:"finishedOn"`
	} `json:"metadata"`
	// Steps are an extension field, named VENDOR_NAME as SLSA asks. They are no
	// byproducts: SLSA wants no intermediate files among those.
	Steps []stepDetails `json:"artdag_steps"`
}

type stepDetails struct {
	CacheID    dag.CacheID     `json:"cacheId"`
	ResolvedID dag.CacheID     `json:"resolvedId"`
	Type       string          `json:"type"`
	Label      string          `json:"label"`
	Content    dag.ContentHash `json:"content"`
	Toolchain  string          `json:"toolchain"`
	Worker     string          `json:"worker"`
	StartedOn  time.Time       `json:"startedOn"`
	FinishedOn time.Time       `json:"finishedOn"`
	Cached     bool            `json:"cached"`
}

// record is the way back from a statement.
func (s *statement) record() Record {
	definition, details := &s.Predicate.BuildDefinition, &s.Predicate.RunDetails
	external, internal := &definition.ExternalParameters, &definition.InternalParameters
	r := Record{
		Job: details.Metadata.InvocationID, RunID: internal.RunID, PlanID: internal.PlanID,
		Name: external.Name, Realm: internal.Realm, Params: external.Params, Inputs: external.Inputs,
		Started: details.Metadata.StartedOn, Finished: details.Metadata.FinishedOn, Farm: details.Builder.ID,
	}
	if dependencies := definition.ResolvedDependencies; len(dependencies) > 0 {
		r.Recipe = dag.RecipeHash(dependencies[0].Digest.SHA3)
	}
	for _, o := range s.Subject {
		r.Outputs = append(r.Outputs, Output{Name: o.Name, Content: o.Digest.SHA3, CID: o.Annotations.CID})
	}
	for _, d := range details.Steps {
		r.Steps = append(r.Steps, Step{
			CacheID: d.CacheID, ResolvedID: d.ResolvedID, Type: d.Type, Label: d.Label, Content: d.Content,
			Toolchain: d.Toolchain, Worker: d.Worker, Started: d.StartedOn, Finished: d.FinishedOn, Cached: d.Cached,
		})
	}
	return r
}
