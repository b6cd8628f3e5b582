// Package provenance writes down, so that others can check it, how the outputs
// of a job came about: from which recipe, inputs and parameters, by which
// steps, on which workers, with which tools.
//
// A Record is that, in the words of the farm. Sign makes of it one document,
// and Verify gives the record back to whoever trusts the farm's key:
//
//	DSSE envelope   who says it: an ed25519 signature over the statement
//	  in-toto Statement v1   of what: the outputs, by name and SHA3-256
//	    SLSA provenance v1   how: see below
//
// The fields, each with the place it has in the document:
//
//	Outputs                subject: name, digest.sha3_256, annotations.cid
//	Name, Params, Inputs   buildDefinition.externalParameters: name, params, inputs
//	Realm, RunID, PlanID   buildDefinition.internalParameters: realm, runId, planId
//	Recipe, Inputs         buildDefinition.resolvedDependencies: recipe, inputs/NAME/0
//	Farm                   runDetails.builder.id
//	Job, Started, Finished runDetails.metadata: invocationId, startedOn, finishedOn
//	Steps                  runDetails.artdag_steps, an extension as SLSA names them
//
// The recipe's digest is that of its canonical document (RFC 8785), not of the
// text that somebody typed.
//
// A record has one document, byte for byte: both layers are canonical JSON,
// and ed25519 signs the same bytes the same way. Verify refuses every other
// spelling, so a document can be known by the hash of its bytes.
//
// Specifications: https://github.com/secure-systems-lab/dsse (v1.0.2),
// https://github.com/in-toto/attestation/tree/main/spec/v1 (statement,
// resource_descriptor, digest_set, envelope), https://slsa.dev/spec/v1.0/provenance.
package provenance
