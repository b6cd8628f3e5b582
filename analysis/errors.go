package analysis

import "fmt"

// InputError says that the file cannot serve: it is not what its declaration
// says, is cut short or damaged, or lacks what a feature measures. Another try
// fails in the same way.
type InputError struct {
	File string // its name, without the folder
	Err  error
}

// Error returns "song.mp3: truncated: 1.3 s of 12.0 s".
func (e *InputError) Error() string { return e.File + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }

// bad returns an InputError about the session's file.
func (s *session) bad(format string, args ...any) error {
	return &InputError{File: s.name(), Err: fmt.Errorf(format, args...)}
}
