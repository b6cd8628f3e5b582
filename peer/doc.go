// Package peer moves content between the workers of a farm: each serves what
// its cache holds, by hash, and fetches what it lacks.
//
//	Fetch(hash) -- in the cache? --------------------------------> its path
//	     |  one download per hash, however many wait
//	     v
//	holders (Locator) in turn, then sources (the scheduler, IPFS) in turn
//	     |  one that breaks off or stalls: the next goes on from that byte
//	     v
//	cache.PutSource: hashed whole while it is written, stored only if right
//
// No peer is believed. Bytes that do not have their hash are never stored, and
// never seen by a caller; who sent them is reported. Where several sent parts of
// them nobody can tell who was wrong, so each is asked again for the whole.
//
// When nothing worked, the error says which of two things is true: everybody
// answered and nobody has it (ErrGone), so it has to be made again; or somebody
// who may have it could not be asked now (ErrUnreachable), so it is worth
// waiting. See UnavailableError.
//
// A hash is a capability within a farm: whoever has the token may read whatever
// content it can name.
package peer
