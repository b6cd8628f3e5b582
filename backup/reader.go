package backup

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"golang.org/x/crypto/sha3"

	"github.com/artdag/artdag/catalog"
	"github.com/artdag/artdag/dag"
)

// largest is the most bytes that a member may have: a plan of a million steps.
const largest = 1 << 30

// Check reads a whole archive and returns what it holds. An archive that is
// foreign, cut off, damaged or too new is an error; without one every member is
// there and has the bytes that were written.
func Check(ctx context.Context, r io.Reader) (Manifest, error) {
	c := checking{found: Manifest{Tables: make(map[string]int64)}}
	if err := walk(ctx, r, c.member); err != nil {
		return Manifest{}, fmt.Errorf("restore: %w", err)
	}
	if err := c.compare(); err != nil {
		return Manifest{}, fmt.Errorf("restore: %w", err)
	}
	return *c.said, nil
}

// walk hands out the members of an archive, the header first, and reads on to its
// end.
func walk(ctx context.Context, r io.Reader, yield func(name string, data []byte) error) error {
	packed, err := gzip.NewReader(r)
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			return ErrCut // perhaps to nothing
		}
		return fmt.Errorf("%w: %w", ErrForeign, err)
	}
	members := tar.NewReader(packed)
	for first := true; ; first = false {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		h, err := members.Next()
		if errors.Is(err, io.EOF) && !first {
			break
		}
		if err != nil || first && h.Name != headerName {
			return unreadable(err, first)
		}
		data, err := content(members, h)
		if err != nil {
			return err
		}
		err = yield(h.Name, data)
		if errors.Is(err, ErrNewer) {
			return cmp.Or(whole(packed), err) // or it is damage that looks so
		}
		if err != nil {
			return err
		}
	}
	return whole(packed)
}

// whole reads to the end of gzip, which holds its checksum.
func whole(packed io.Reader) error {
	if _, err := io.Copy(io.Discard, packed); err != nil {
		return unreadable(err, false)
	}
	return nil
}

// unreadable says what an error of reading means, at the first member or later.
func unreadable(err error, first bool) error {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ErrCut
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), errors.As(err, &corrupt):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case first:
		return ErrForeign
	case errors.Is(err, tar.ErrHeader):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

func content(members *tar.Reader, h *tar.Header) ([]byte, error) {
	if h.Typeflag != tar.TypeReg || h.Size > largest {
		return nil, fmt.Errorf("%w: %q is no file of a backup", ErrDamaged, h.Name)
	}
	var data bytes.Buffer // grows with what is there, whatever the header says
	if _, err := io.Copy(&data, members); err != nil {
		return nil, unreadable(err, false)
	}
	return data.Bytes(), nil
}

// checking compares what an archive holds with what it says.
type checking struct {
	found Manifest
	said  *Manifest
}

func (c *checking) member(name string, data []byte) error {
	switch {
	case c.said != nil:
		return fmt.Errorf("%w: %q stands behind its end", ErrDamaged, name)
	case name == manifestName:
		c.said = new(Manifest)
		return read(name, data, c.said)
	case name == headerName:
		if err := read(name, data, &c.found.Header); err != nil {
			return err
		}
		if err := c.found.Header.check(catalog.SchemaVersion); err != nil {
			return err
		}
	}
	c.found.Members = append(c.found.Members, Member{name, int64(len(data)), hashOf(data)})
	if table, ok := tableOf(name); ok {
		c.found.Tables[table] += int64(bytes.Count(data, []byte("\n")) - 1)
	}
	return nil
}

func read(name string, data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return nil
}

// tableOf is the table of which a member is a part.
func tableOf(name string) (string, bool) {
	table, ok := strings.CutPrefix(path.Dir(name), "tables/")
	return table, ok
}

func hashOf(data []byte) dag.ContentHash { return dag.ContentHash(sha3.Sum256(data)) }

func (c *checking) compare() error {
	if c.said == nil {
		return fmt.Errorf("%w: its manifest, which comes last, is missing", ErrCut)
	}
	if c.said.Header != c.found.Header {
		return fmt.Errorf("%w: its two headers differ", ErrDamaged)
	}
	for i, want := range c.said.Members {
		if i >= len(c.found.Members) || c.found.Members[i] != want {
			return fmt.Errorf("%w: %s is missing or has other bytes", ErrDamaged, want.Name)
		}
	}
	if extra := c.found.Members[len(c.said.Members):]; len(extra) > 0 {
		return fmt.Errorf("%w: %q does not belong to it", ErrDamaged, extra[0].Name)
	}
	for table, rows := range c.said.Tables {
		if c.found.Tables[table] != rows {
			return fmt.Errorf("%w: %s has %d rows, want %d", ErrDamaged, table, c.found.Tables[table], rows)
		}
	}
	return nil
}
