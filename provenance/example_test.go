package provenance_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/artdag/artdag/dag"
	"github.com/artdag/artdag/provenance"
)

// A farm signs what a job made; whoever knows its key reads how it was made.
func Example() {
	ctx := context.Background()
	key, err := provenance.NewKey() // a farm keeps its own: LoadOrCreateKey
	if err != nil {
		fmt.Println(err)
		return
	}
	document, err := provenance.Sign(ctx, key, provenance.Record{
		Job: "01JDA8Q2V5X3", Farm: "https://farm.example",
		RunID: dag.RunID(dag.HashContent([]byte("run"))), Recipe: dag.RecipeHash(dag.HashContent([]byte("recipe"))),
		Steps: []provenance.Step{{
			CacheID: dag.CacheID(dag.HashContent([]byte("step"))), Type: "ENCODE@1", Label: "film",
			Content: dag.HashContent([]byte("the film")), Worker: "worker-1",
		}},
		Outputs: []provenance.Output{{Name: "film", Content: dag.HashContent([]byte("the film"))}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	record, _, err := provenance.Verify(ctx, document, key.Public())
	fmt.Println(record.Outputs[0].Name, "made by", record.Steps[0].Type, "on", record.Steps[0].Worker, err)

	_, _, err = provenance.Verify(ctx, document) // nobody is trusted
	fmt.Println(errors.Is(err, provenance.ErrForeignKey))
	// Output:
	// film made by ENCODE@1 on worker-1 <nil>
	// true
}
