package backup

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"time"

	"golang.org/x/crypto/sha3"

	"github.com/artdag/artdag/dag"
)

// writer writes members and notes them in the manifest.
type writer struct {
	packed   *gzip.Writer
	tar      *tar.Writer
	manifest Manifest
}

func newWriter(w io.Writer, h Header) (*writer, error) {
	packed, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	out := &writer{packed: packed, tar: tar.NewWriter(packed), manifest: Manifest{Header: h, Tables: make(map[string]int64)}}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	return out, out.add(headerName, text)
}

// add writes a member.
func (w *writer) add(name string, data []byte) error {
	if err := w.put(name, data); err != nil {
		return err
	}
	w.manifest.Members = append(w.manifest.Members, Member{name, int64(len(data)), dag.ContentHash(sha3.Sum256(data))})
	return nil
}

func (w *writer) put(name string, data []byte) error {
	// Nobody else reads what is unpacked by hand.
	h := &tar.Header{Name: name, Size: int64(len(data)), Mode: 0o600, ModTime: w.manifest.Made.Truncate(time.Second), Format: tar.FormatPAX}
	if err := w.tar.WriteHeader(h); err != nil {
		return err
	}
	_, err := w.tar.Write(data)
	return err
}

// close writes the manifest, without which an archive is not whole.
func (w *writer) close() error {
	text, err := json.Marshal(w.manifest)
	if err != nil {
		return err
	}
	return errors.Join(w.put(manifestName, text), w.tar.Close(), w.packed.Close())
}
