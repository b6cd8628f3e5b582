// Package ipfs speaks to a Kubo node: the durable tier, never the hot path.
//
//	Add      stream in, pinned; the node's cid must be the one computed here
//	Cat      stream out, from an offset
//	Pin, Unpin, Pinned          what the node promises to keep
//	ID, RepoStat                who it is and how full
//
// Every add sends the profile unixfs-v1-2025 as options, so that the node's own
// defaults change no address. A different answer is a MismatchError, and what was
// added is unpinned.
//
// # When the node fails
//
// A call that did not reach the node, or got no answer in its time, is repeated
// with back-off; Add only when its reader can seek back to where it began. After
// the last try the circuit opens: calls answer ErrUnavailable at once, until the
// Probe time has passed and calls are let through again. What the node itself
// refuses is never repeated. Adding, pinning and unpinning twice is doing it once.
package ipfs
