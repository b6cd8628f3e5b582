// Package artdag is a content-addressed render farm: a recipe and its inputs
// go in, a film and every intermediate of it come out, each addressed by the
// SHA3-256 of its bytes, and work that was ever done is not done again.
//
// The package itself is empty. The parts, from the top:
//
//	cmd/artdag   the command line
//	engine       runs a plan on this machine
//	analysis     measures features of inputs
//	executor     the step types, and the sandbox that their tools run in
//	catalog      jobs, runs, results and timings in a database
//	cache        the content-addressed store on disk
//	ipfs/cid     the IPFS address of bytes
//	dag          recipes, plans and identities: pure
//
// Imports point downward only; house_test.go enforces it.
package artdag
