package sandbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// markName is the file of Options.Folder that holds the mark.
const markName = "sandbox.mark"

// newMark returns the argument 0 of every bubblewrap of one Sandbox: what it
// is, and a text that is nowhere else. A mark is in the command line because
// that alone can always be read, and bubblewrap's second process shares it.
func newMark() string { return "bwrap@" + rand.Text() }

// isMark keeps a damaged file from naming other processes.
func isMark(text string) bool { return regexp.MustCompile(`^bwrap@[A-Z2-7]{26,}$`).MatchString(text) }

// succeed kills what the last Sandbox with this folder left behind, and writes
// down the mark of this one before it is used.
func succeed(folder, mark string) error {
	path := filepath.Join(folder, markName)
	last, err := os.ReadFile(path)
	switch {
	case err == nil && isMark(string(last)):
		killMarked(string(last))
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("what is left of the last sandbox: %w", err)
	}
	if err := os.WriteFile(path+".new", []byte(mark), 0o600); err != nil {
		return fmt.Errorf("write the mark of the sandbox: %w", err)
	}
	return os.Rename(path+".new", path)
}
