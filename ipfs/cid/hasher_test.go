package cid

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	chunk "github.com/ipfs/boxo/chunker"
	"github.com/ipfs/boxo/ipld/merkledag"
	"github.com/ipfs/boxo/ipld/unixfs/importer/balanced"
	"github.com/ipfs/boxo/ipld/unixfs/importer/helpers"
	ipld "github.com/ipfs/go-ipld-format"
)

// nowhere is a DAG service that keeps nothing.
type nowhere struct{ ipld.DAGService }

func (nowhere) Add(context.Context, ipld.Node) error       { return nil }
func (nowhere) AddMany(context.Context, []ipld.Node) error { return nil }

// boxoCID is the same profile computed by the reference implementation.
func boxoCID(tb testing.TB, r io.Reader) string {
	tb.Helper()
	prefix, err := merkledag.PrefixForCidVersion(1)
	if err != nil {
		tb.Fatal(err)
	}
	params := helpers.DagBuilderParams{Maxlinks: maxLinks, RawLeaves: true, CidBuilder: prefix, Dagserv: nowhere{}}
	builder, err := params.New(chunk.NewSizeSplitter(r, leafSize))
	if err != nil {
		tb.Fatal(err)
	}
	root, err := balanced.Layout(builder)
	if err != nil {
		tb.Fatal(err)
	}
	return root.Cid().String()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestOfZeros(t *testing.T) {
	t.Parallel()
	tests := []struct {
		size int64
		want string
	}{
		{0, "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"},
		{1, "bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu"},
		{262144, ""}, {leafSize, ""}, {leafSize + 1, ""}, {100 << 20, ""},
		{maxLinks * leafSize, ""}, {maxLinks*leafSize + 1, ""},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.size), func(t *testing.T) {
			t.Parallel()
			got, err := Of(io.LimitReader(zeros{}, test.size))
			if err != nil {
				t.Fatal(err)
			}
			if test.want != "" && got != test.want {
				t.Errorf("Of(%d zeros) = %s, want %s", test.size, got, test.want)
			}
			if want := boxoCID(t, io.LimitReader(zeros{}, test.size)); got != want {
				t.Errorf("Of(%d zeros) = %s, boxo says %s", test.size, got, want)
			}
		})
	}
}

func TestOfABC(t *testing.T) {
	t.Parallel()
	const want = "bafkreif2pall7dybz7vecqka3zo24irdwabwdi4wc55jznaq75q7eaavvu"
	if got, err := Of(bytes.NewReader([]byte("abc"))); got != want || err != nil {
		t.Errorf("Of(abc) = %s, %v, want %s", got, err, want)
	}
}

// A tree of three levels takes a terabyte of full leaves, so the leaves here
// are one byte long.
func TestThreeLevels(t *testing.T) {
	t.Parallel()
	var one Hasher
	one.Write([]byte{0})
	one.endLeaf()
	leaf, count := one.levels[0][0], maxLinks*maxLinks+1
	var h Hasher
	for range count {
		h.add(0, leaf)
	}
	got := h.Sum()
	prefix, err := merkledag.PrefixForCidVersion(1)
	if err != nil {
		t.Fatal(err)
	}
	params := helpers.DagBuilderParams{Maxlinks: maxLinks, RawLeaves: true, CidBuilder: prefix, Dagserv: nowhere{}}
	builder, err := params.New(chunk.NewSizeSplitter(io.LimitReader(zeros{}, int64(count)), 1))
	if err != nil {
		t.Fatal(err)
	}
	root, err := balanced.Layout(builder)
	if err != nil {
		t.Fatal(err)
	}
	if want := root.Cid().String(); got != want {
		t.Errorf("%d leaves: got %s, boxo says %s", count, got, want)
	}
}

func TestWriteInPieces(t *testing.T) {
	t.Parallel()
	data := make([]byte, 3*leafSize+777)
	rand.NewChaCha8([32]byte{}).Read(data)
	want := boxoCID(t, bytes.NewReader(data))
	random := rand.New(rand.NewPCG(1, 2))
	var h Hasher
	for range 2 { // a Hasher is empty again after Sum
		for rest := data; len(rest) > 0; {
			n := min(len(rest), 1+random.IntN(300_000))
			h.Write(rest[:n])
			rest = rest[n:]
		}
		if got := h.Sum(); got != want {
			t.Errorf("in pieces: got %s, boxo says %s", got, want)
		}
	}
}

func TestOfReadError(t *testing.T) {
	t.Parallel()
	r := io.MultiReader(bytes.NewReader([]byte("abc")), iotest.ErrReader(io.ErrUnexpectedEOF))
	if got, err := Of(r); err != io.ErrUnexpectedEOF || got != "" {
		t.Errorf("Of = %q, %v, want no cid and %v", got, err, io.ErrUnexpectedEOF)
	}
}

func BenchmarkHasher(b *testing.B) {
	data := make([]byte, 64<<20)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		var h Hasher
		h.Write(data)
		h.Sum()
	}
}

func BenchmarkBoxo(b *testing.B) {
	const size = 64 << 20
	b.SetBytes(size)
	for b.Loop() {
		boxoCID(b, io.LimitReader(zeros{}, size))
	}
}
