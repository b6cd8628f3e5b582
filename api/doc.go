// Package api serves the farm over HTTP: jobs, their steps, logs and events,
// content by its hash, workers.
//
//	client --HTTP--> Handler --Farm--> scheduler
//
// The scheduler implements Farm. The handler adds nothing to what the farm
// decides: it parses identities at the edge, asks for tokens, bounds what is
// read, and turns kinds of errors into statuses by one table (status.go).
//
// Whoever may talk to the handler may render, and a step can be any program in
// the sandbox. Without tokens it therefore serves loopback addresses only, and
// there only requests whose Host is a loopback name, because a page in a
// browser can make its own name resolve to 127.0.0.1. There is no CORS.
//
// Content is verified at this door as at every other: what is put is hashed
// while it streams in, and what does not match its address is not kept.
package api
