package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// The journal lists what came ("+ folder") and went ("- folder") since the last
// snapshot of the indexes, oldest first. It says only where to look: what a
// folder holds, the folder says. So a line may be repeated or late without harm.

const journalName = "journal"

// appendJournal adds a line in a single write. The caller has the store lock.
func (c *Cache) appendJournal(op, folder string) error {
	f, err := os.OpenFile(c.path(journalName), os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return full(err)
	}
	line := op + " " + folder + "\n"
	if torn(f) {
		line = "\n" + line // else it would be lost with the half line before it
	}
	_, err = f.WriteString(line)
	return full(errors.Join(err, f.Close()))
}

// torn reports whether the last line was cut short, by a full disk or a power
// cut.
func torn(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return false
	}
	last := make([]byte, 1)
	_, err = f.ReadAt(last, info.Size()-1)
	return err == nil && last[0] != '\n'
}

// readJournal returns the folders that the journal names, each once, and how
// many bytes of it were read.
func (c *Cache) readJournal() (folders map[string]bool, size int, err error) {
	text, err := os.ReadFile(c.path(journalName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fmt.Errorf("read the journal: %w", err)
	}
	folders = map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if folder, ok := journalLine(line); ok {
			folders[folder] = true
		}
	}
	return folders, len(text), nil
}

// journalLine reads one line; a torn one has no end or no whole name.
func journalLine(line string) (folder string, ok bool) {
	op, folder, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
	id := strings.TrimPrefix(folder, "sources/")
	return folder, strings.HasSuffix(line, "\n") && (op == "+" || op == "-") && isID(id)
}

// cutJournal drops the first size bytes, which a snapshot holds now. What was
// appended meanwhile stays. The caller has the store lock, under which nobody
// else has the journal open.
func (c *Cache) cutJournal(size int) error {
	text, err := os.ReadFile(c.path(journalName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	rest := c.path(journalName + ".new")
	if err := writeFile(rest, text[min(size, len(text)):]); err != nil {
		return err
	}
	return os.Rename(rest, c.path(journalName))
}
