package cache_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/artdag/artdag/cache"
	"github.com/artdag/artdag/dag"
)

// One step: look, and only where there is nothing, do the work and store it.
func Example() {
	dir, err := os.MkdirTemp("", "cache")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	c, err := cache.Open(dir, cache.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()

	id := dag.StepID("GENERATE@1", []byte(`{"kind":"text"}`), nil, "")
	for range 2 {
		e, err := c.Get(id)
		if err == nil {
			fmt.Println("cached:", filepath.Base(e.Path), e.Size, "bytes,", e.CID)
			continue
		}
		scratch, err := c.Scratch("step")
		if err != nil {
			log.Fatal(err)
		}
		path := filepath.Join(scratch.Dir, "out.txt")
		if err := os.WriteFile(path, []byte("abc"), 0o644); err != nil {
			log.Fatal(err)
		}
		if _, err := c.Put(context.Background(), id, id, cache.Output{Path: path}); err != nil {
			log.Fatal(err)
		}
		scratch.Close()
		fmt.Println("executed")
	}
	// Output:
	// executed
	// cached: output.txt 3 bytes, bafkreif2pall7dybz7vecqka3zo24irdwabwdi4wc55jznaq75q7eaavvu
}
