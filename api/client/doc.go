// Package client talks to a farm over its HTTP API.
//
// Calls that change nothing, and uploads, which are the same however often they
// are done, are repeated while the farm is away, for as long as Options.Patience
// says. Other calls are repeated only where they surely did not arrive. Answers
// that say no are *Problem; asked with errors.Is they are what the farm meant
// (catalog.ErrNotFound, api.ErrUnavailable).
package client
