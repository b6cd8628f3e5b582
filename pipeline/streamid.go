package pipeline

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// streamID is the id of an entry of a Redis stream: "milliseconds-sequence".
type streamID struct{ ms, seq uint64 }

func parseStreamID(text string) (streamID, error) {
	before, after, _ := strings.Cut(text, "-")
	ms, err := strconv.ParseUint(before, 10, 64)
	if err != nil {
		return streamID{}, fmt.Errorf("id %q of a stream: %w", text, err)
	}
	if after == "" {
		return streamID{ms, 0}, nil
	}
	seq, err := strconv.ParseUint(after, 10, 64)
	if err != nil {
		return streamID{}, fmt.Errorf("id %q of a stream: %w", text, err)
	}
	return streamID{ms, seq}, nil
}

func (id streamID) String() string { return fmt.Sprintf("%d-%d", id.ms, id.seq) }

// predecessor returns the greatest id before another.
func predecessor(text string) (string, error) {
	id, err := parseStreamID(text)
	switch {
	case err != nil:
		return "", err
	case id.seq > 0:
		id.seq--
	case id.ms > 0:
		id = streamID{id.ms - 1, math.MaxUint64}
	}
	return id.String(), nil
}

// earlier reports whether one id is before another. Ids that are none are not.
func earlier(a, b string) bool {
	x, errX := parseStreamID(a)
	y, errY := parseStreamID(b)
	return errX == nil && errY == nil && (x.ms < y.ms || x.ms == y.ms && x.seq < y.seq)
}
