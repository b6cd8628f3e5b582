package expr

import "errors"

// The limits of one evaluation.
const (
	MaxNodes      = 500       // of the syntax tree
	MaxSource     = 64 << 10  // bytes of source
	MaxString     = 64 << 10  // bytes of a string
	MaxList       = 1_000_000 // elements of a list
	MaxIterations = 1_000_000 // of predicates of up to 8 operations; fewer of larger ones
	maxBrackets   = 64
	maxTokens     = 4 * MaxNodes // the parser recurses for some that make no node
	maxLevels     = 64           // of lists and maps in a result
)

// An iteration costs at least iterationWork; one unit takes some 10 to 50 ns.
const (
	iterationWork = 16
	maxWork       = MaxIterations * iterationWork
	// maxCells bounds memory: a cell is one element, 16 to 24 bytes.
	maxCells = 1_500_000
	// A loop inside a predicate leaves its state behind in the virtual machine,
	// about 400 bytes when the growth of the pool is included.
	loopCells = 24
	mapCells  = 16
)

var (
	errTooLong  = errors.New("the expression does too much work; at most 10^6 iterations are done")
	errTooLarge = errors.New("the expression makes too much; a list has at most 10^6 elements")
	errString   = errors.New("a string grows beyond 64 KiB")
)

// limits counts what one evaluation does.
type limits struct{ work, cells, level int }

// spend counts units of work.
func (l *limits) spend(units int) error {
	l.work += units
	if l.work > maxWork {
		return errTooLong
	}
	return nil
}

// grow counts elements that are made, which is work too.
func (l *limits) grow(n int) error {
	if n > MaxList || l.cells+n > maxCells {
		return errTooLarge
	}
	l.cells += n
	return l.spend(n)
}

// read counts the reading of a string.
func (l *limits) read(s string) error { return l.spend(1 + len(s)/64) }
