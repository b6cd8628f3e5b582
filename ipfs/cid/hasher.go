package cid

import (
	"crypto/sha256"
	"encoding/base32"
	"hash"
	"io"
)

// The profile unixfs-v1-2025.
const (
	leafSize = 1 << 20 // bytes in a leaf
	maxLinks = 1024    // children of a node
)

// A Hasher computes the cid of what is written to it. The zero value is ready
// for use. It is not safe for concurrent use.
type Hasher struct {
	leaf   hash.Hash // of the leaf being filled; nil before the first byte
	filled int       // bytes in that leaf
	// levels hold the children that have no parent yet: leaves first. A level
	// is folded into a node of the next only when one more child arrives, so
	// that a full root stays a root.
	levels [][]link
}

// link is a finished block as its parent sees it.
type link struct {
	codec  byte
	digest [sha256.Size]byte
	size   uint64 // bytes of the file below it
	total  uint64 // bytes of all blocks below and including it
}

// Write adds bytes. It never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	written := len(p)
	for len(p) > 0 {
		if h.filled == leafSize {
			h.endLeaf()
		}
		if h.leaf == nil {
			h.leaf = sha256.New()
		}
		n := min(len(p), leafSize-h.filled)
		h.leaf.Write(p[:n])
		h.filled += n
		p = p[n:]
	}
	return written, nil
}

// Sum ends the file and returns its cid; the Hasher is then empty again.
func (h *Hasher) Sum() string {
	if h.filled > 0 || len(h.levels) == 0 {
		h.endLeaf() // the empty file is one empty leaf
	}
	for level := 0; level < len(h.levels)-1 || len(h.levels[level]) > 1; level++ {
		h.fold(level)
	}
	root := h.levels[len(h.levels)-1][0]
	h.levels = nil
	return root.cid()
}

func (h *Hasher) endLeaf() {
	if h.leaf == nil {
		h.leaf = sha256.New()
	}
	done := link{codec: codecRaw, size: uint64(h.filled), total: uint64(h.filled)}
	h.leaf.Sum(done.digest[:0])
	h.leaf.Reset()
	h.filled = 0
	h.add(0, done)
}

func (h *Hasher) add(level int, child link) {
	if level == len(h.levels) {
		h.levels = append(h.levels, nil)
	}
	if len(h.levels[level]) == maxLinks {
		h.fold(level)
	}
	h.levels[level] = append(h.levels[level], child)
}

// fold turns the children waiting at a level into one node of the next.
func (h *Hasher) fold(level int) {
	node := encodeNode(h.levels[level])
	parent := link{codec: codecDagPB, digest: sha256.Sum256(node), total: uint64(len(node))}
	for _, child := range h.levels[level] {
		parent.size += child.size
		parent.total += child.total
	}
	h.levels[level] = h.levels[level][:0]
	h.add(level+1, parent)
}

// Of returns the cid of everything r holds.
func Of(r io.Reader) (string, error) {
	var h Hasher
	// A whole leaf at a time: fewer calls, same result.
	if _, err := io.CopyBuffer(struct{ io.Writer }{&h}, r, make([]byte, leafSize)); err != nil {
		return "", err
	}
	return h.Sum(), nil
}

// cid returns CIDv1 in base32, which multibase marks with "b".
func (l link) cid() string {
	return "b" + base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").
		WithPadding(base32.NoPadding).EncodeToString(l.bytes())
}
