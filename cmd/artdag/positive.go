package main

import (
	"fmt"
	"strconv"
)

// positive is a number of things in a flag: at least 1, or 0 when it was not
// given.
type positive int

// UnmarshalText reads the value of the flag.
func (p *positive) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 1 {
		return fmt.Errorf("want a whole number of at least 1, got %q", text)
	}
	*p = positive(n)
	return nil
}
