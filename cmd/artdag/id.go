package main

import (
	"io"
	"os"

	"golang.org/x/crypto/sha3"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/ipfs/cid"
)

type idCmd struct {
	Files []string `arg:"" help:"Files."`
}

// Run prints, for each file, its content hash, its cid and its name.
func (c idCmd) Run(a *app) error {
	for _, name := range c.Files {
		hash, address, err := identify(name)
		if err != nil {
			return usageError{err}
		}
		a.printf("%s  %s  %s\n", hash, address, name)
	}
	return nil
}

// identify reads the file once for both.
func identify(name string) (dag.ContentHash, string, error) {
	f, err := os.Open(name)
	if err != nil {
		return dag.ContentHash{}, "", err
	}
	defer f.Close()
	h := sha3.New256()
	address, err := cid.Of(io.TeeReader(f, h))
	return dag.ContentHash(h.Sum(nil)), address, err
}
