package engine

// InputError says that what was given for an input cannot serve: it does not
// exist, cannot be read, is not what it was declared to be, or changed while it
// was read.
type InputError struct {
	Input string // its name in the recipe, "photos[3]" where it has several files
	Err   error
}

// Error returns "input song: message".
func (e *InputError) Error() string { return "input " + e.Input + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *InputError) Unwrap() error { return e.Err }
