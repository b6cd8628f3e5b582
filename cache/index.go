package cache

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// mergeIndex writes the changes into an index file in one pass over it, in
// memory that depends on the changes alone. An empty value deletes its key, and
// so does drop for what it is asked of. The file must be as writeIndex leaves
// it, else it is not touched and the error says so.
func mergeIndex(path string, changes map[string]string, drop func(key, value string) bool) error {
	old, err := os.Open(path)
	if err != nil {
		return err
	}
	defer old.Close()
	return replaceIndex(path, func(w *indexWriter) error {
		return merge(w, old, changes, drop)
	})
}

func merge(w *indexWriter, old io.Reader, changes map[string]string, drop func(key, value string) bool) error {
	keys := slices.Sorted(maps.Keys(changes))
	for pair, err := range indexPairs(old) {
		if err != nil {
			return err
		}
		for len(keys) > 0 && keys[0] < pair[0] {
			w.add(keys[0], changes[keys[0]])
			keys = keys[1:]
		}
		if len(keys) > 0 && keys[0] == pair[0] {
			w.add(pair[0], changes[pair[0]])
			keys = keys[1:]
		} else if drop == nil || !drop(pair[0], pair[1]) {
			w.add(pair[0], pair[1])
		}
	}
	for _, key := range keys {
		w.add(key, changes[key])
	}
	return nil
}

// writeIndex writes an index file from nothing.
func writeIndex(path string, pairs map[string]string) error {
	return replaceIndex(path, func(w *indexWriter) error {
		for _, key := range slices.Sorted(maps.Keys(pairs)) {
			w.add(key, pairs[key])
		}
		return nil
	})
}

// replaceIndex writes path+".new" and renames it. The caller has the snapshot
// lock, so that nobody else writes the same file.
func replaceIndex(path string, fill func(*indexWriter) error) error {
	f, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	w := &indexWriter{buffer: bufio.NewWriterSize(f, 1<<16), separator: "{\n"}
	err = fill(w)
	err = errors.Join(err, w.end(), f.Close())
	if err != nil {
		return errors.Join(err, os.Remove(path+".new"))
	}
	return os.Rename(path+".new", path)
}

type indexWriter struct {
	buffer    *bufio.Writer // keeps its first error
	separator string
}

func (w *indexWriter) add(key, value string) {
	if value == "" {
		return
	}
	// Keys and values are hex, base32 and folder names: nothing to escape.
	fmt.Fprintf(w.buffer, `%s"%s":"%s"`, w.separator, key, value)
	w.separator = ",\n"
}

func (w *indexWriter) end() error {
	if w.separator == "{\n" {
		w.buffer.WriteByte('{')
	}
	w.buffer.WriteString("\n}\n")
	return w.buffer.Flush()
}

// indexPairs yields the members of an index file in order.
func indexPairs(r io.Reader) func(yield func([2]string, error) bool) {
	return func(yield func([2]string, error) bool) {
		lines := bufio.NewScanner(r)
		last := ""
		for lines.Scan() {
			line := lines.Text()
			if line == "{" || line == "}" || line == "" {
				continue
			}
			pair, ok := indexLine(line)
			if !ok || pair[0] <= last {
				yield(pair, fmt.Errorf("not a line of an index, or out of order: %.80q", line))
				return
			}
			last = pair[0]
			if !yield(pair, nil) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			yield([2]string{}, err)
		}
	}
}

func indexLine(line string) ([2]string, bool) {
	line, ok := strings.CutPrefix(strings.TrimSuffix(line, ","), `"`)
	key, value, found := strings.Cut(line, `":"`)
	value, closed := strings.CutSuffix(value, `"`)
	return [2]string{key, value}, ok && found && closed
}
