// Package dag holds the nouns of a plan and their identities. It is pure: no
// I/O, no clock, no randomness, and it imports nothing else of artdag.
//
//	recipe (YAML)            dag/recipe    parsed, validated, printed
//	   + inputs, params
//	   + analysis documents
//	        |                dag/planner   expands nodes into steps
//	        v
//	plan: steps, each        dag           this package
//	   type + config + ordered inputs  ->  cache_id
//
// Every identity is the SHA3-256 (FIPS 202) of bytes: of a file for a content
// hash, of the RFC 8785 canonical JSON of a small object for all others. So
// the identity of a step is known before its work is done, and any program in
// any language can compute it.
//
// Inputs inside a step's identity carry a prefix, "content:" or "step:". The
// prefix is a wall: without it a file whose bytes are the canonical text of a
// step would have that step's cache_id as its content hash.
package dag
