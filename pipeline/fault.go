package pipeline

import (
	"errors"
	"time"

	"github.com/artdag/artdag/catalog"
)

// retries is how often a failed item is tried again: after 0, 1, 8, 27 and 64
// minutes. What fails for a passing reason gets through, and what does not has
// cost six attempts in under two hours.
const retries = 5

// mostFaults is how many are counted and listed. A processor with more has
// trouble enough.
const mostFaults = 10_000

// pause returns how long to wait after the n-th failure, counted from 1.
func pause(n int) time.Duration {
	n--
	return time.Duration(n*n*n) * time.Minute
}

// failed returns the fault of an item after one more failure.
func failed(processor, key string, was catalog.ItemFault, err error, now time.Time) catalog.ItemFault {
	f := catalog.ItemFault{Processor: processor, Item: key, Error: err.Error(), Class: class(err), Tries: was.Tries + 1}
	f.NextAt = now.Add(pause(f.Tries))
	f.Parked = f.Tries > retries
	return f
}

// errRepeated is the fault of an item that a trigger returns again although it
// was processed: its processor leaves no trace on the record.
var errRepeated = errors.New("the trigger returned it again after it was processed: parked instead of processed for ever")

func repeated(processor, key string, now time.Time) catalog.ItemFault {
	return catalog.ItemFault{
		Processor: processor, Item: key, Error: errRepeated.Error(), Class: class(errRepeated), NextAt: now, Parked: true,
	}
}
