package cid

import (
	"crypto/sha256"
	"encoding/binary"
)

// Multicodec numbers: https://github.com/multiformats/multicodec
const (
	codecRaw   = 0x55
	codecDagPB = 0x70
)

// bytes returns the binary CIDv1: version, codec, and a multihash (SHA2-256 is
// 0x12) with its length.
func (l link) bytes() []byte {
	return append([]byte{1, l.codec, 0x12, sha256.Size}, l.digest[:]...)
}

// Protocol-buffer tags: field number << 3 | wire type (2 bytes; varint is 0).
const (
	nodeData   = 1<<3 | 2
	nodeLinks  = 2<<3 | 2
	linkHash   = 1<<3 | 2
	linkName   = 2<<3 | 2
	linkTsize  = 3 << 3
	fileType   = 1 << 3
	fileSize   = 3 << 3
	blockSizes = 4 << 3
)

// encodeNode returns the dag-pb block of a file node with these children. By
// the dag-pb specification links come before data, and every link has a name,
// here the empty one: https://ipld.io/specs/codecs/dag-pb/spec/
func encodeNode(children []link) []byte {
	node := make([]byte, 0, 64*len(children))
	for _, child := range children {
		node = appendBytes(node, nodeLinks, encodeLink(child))
	}
	return appendBytes(node, nodeData, encodeFile(children))
}

func encodeLink(child link) []byte {
	b := appendBytes(nil, linkHash, child.bytes())
	b = append(b, linkName, 0)
	return appendNumber(b, linkTsize, child.total)
}

// encodeFile returns the UnixFS message of a file (type 2): its size and the
// sizes of its parts.
func encodeFile(children []link) []byte {
	var size uint64
	for _, child := range children {
		size += child.size
	}
	b := appendNumber(nil, fileType, 2)
	b = appendNumber(b, fileSize, size)
	for _, child := range children {
		b = appendNumber(b, blockSizes, child.size)
	}
	return b
}

func appendBytes(b []byte, tag byte, value []byte) []byte {
	b = binary.AppendUvarint(append(b, tag), uint64(len(value)))
	return append(b, value...)
}

func appendNumber(b []byte, tag byte, value uint64) []byte {
	return binary.AppendUvarint(append(b, tag), value)
}
