package catalog

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of failure that callers tell apart, with errors.Is.
var (
	// ErrReadOnly: the catalog's folder or file cannot be written. A caller may
	// go on without a catalog: nothing that it holds decides what is executed.
	ErrReadOnly = errors.New("the catalog cannot be written")
	// ErrNotFound: there is no such record.
	ErrNotFound = errors.New("not in the catalog")
	// ErrNewer: the catalog was made by a newer program.
	ErrNewer = errors.New("the catalog was made by a newer artdag: update this one")
	// ErrUnavailable: the database's server cannot be reached; try again later.
	ErrUnavailable = errors.New("the catalog's database cannot be reached")
	// ErrNone: there is no catalog to read.
	ErrNone = errors.New("there is no catalog")
	// ErrNotEmpty: a catalog that is to be filled anew has records.
	ErrNotEmpty = errors.New("the catalog is not empty")
	// ErrBusy: a scheduler works with a catalog that is to be filled anew.
	ErrBusy = errors.New("a scheduler works with the catalog")
	// ErrMoved: a processor's cursor is not where it was, or its lease is not
	// held: another one works on it.
	ErrMoved = errors.New("another one moved the cursor")
)

// An AmbiguousError says that a prefix stands for several jobs.
type AmbiguousError struct {
	Prefix     string
	Candidates []string // the newest first, at most 5
	More       bool     // there are more
}

// Error names the candidates.
func (e *AmbiguousError) Error() string {
	list := strings.Join(e.Candidates, ", ")
	if e.More {
		list += ", ..."
	}
	return fmt.Sprintf("job %s is ambiguous: it may be %s; give more of the id", e.Prefix, list)
}

// A StateError says that a job is not in a state from which the wanted one can
// be reached, or, when Want is empty, in which it can be changed as asked.
type StateError struct {
	Job      string
	Is, Want Status
}

// Error names the job and both states.
func (e *StateError) Error() string {
	if e.Want == "" {
		return fmt.Sprintf("job %s is %s and cannot be changed so", e.Job, e.Is)
	}
	return fmt.Sprintf("job %s is %s and cannot become %s", e.Job, e.Is, e.Want)
}
