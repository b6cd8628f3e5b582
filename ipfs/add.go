package ipfs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ipfs/boxo/files"
)

// A MismatchError says that the node computed another cid than the caller.
type MismatchError struct{ Got, Want string }

func (e *MismatchError) Error() string {
	return fmt.Sprintf("the node answers with cid %s, not %s", e.Got, e.Want)
}

// sourceError is an error of the reader that Add was given.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return "read what to add: " + e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// Add streams r to the node, which pins it, and returns the cid: want, or a
// MismatchError, and then nothing is pinned. An empty want takes any. A failed try is repeated when r is
// an io.Seeker.
func (n *Node) Add(ctx context.Context, r io.Reader, want string) (string, error) {
	seeker, again := r.(io.Seeker)
	var start int64
	if again {
		var err error
		if start, err = seeker.Seek(0, io.SeekCurrent); err != nil {
			again = false // a pipe
		}
	}
	var got string
	err := n.call(ctx, "add", again, func() error {
		if again {
			if _, err := seeker.Seek(start, io.SeekStart); err != nil {
				return &sourceError{err}
			}
		}
		var err error
		got, err = n.add(ctx, r)
		return err
	})
	if err != nil {
		return "", err
	}
	if want != "" && got != want {
		return "", fmt.Errorf("ipfs: add: %w", errors.Join(&MismatchError{Got: got, Want: want}, n.Unpin(ctx, got)))
	}
	return got, nil
}

// noted marks the errors of the source, which no other try would mend.
type noted struct{ io.Reader }

func (s noted) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = &sourceError{err}
	}
	return n, err
}

// add is one try: the profile unixfs-v1-2025.
func (n *Node) add(ctx context.Context, r io.Reader) (string, error) {
	entry := files.FileEntry("", files.NewReaderFile(noted{r}))
	body := files.NewMultiFileReader(files.NewSliceDirectory([]files.DirEntry{entry}), true, false)
	answer, err := n.sh.Request("add").
		Option("cid-version", 1).Option("raw-leaves", true).Option("hash", "sha2-256").
		Option("chunker", "size-1048576").Option("max-file-links", 1024).Option("trickle", false).
		Option("pin", true).Option("progress", false).
		Body(body).Send(ctx)
	if err != nil {
		return "", err
	}
	defer answer.Close()
	if answer.Error != nil {
		return "", answer.Error
	}
	var added struct{ Hash string }
	for decoder := json.NewDecoder(answer.Output); ; {
		if err := decoder.Decode(&added); errors.Is(err, io.EOF) {
			return added.Hash, nil
		} else if err != nil {
			return "", err // also what the trailer says
		}
	}
}
