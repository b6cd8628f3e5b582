package cache

import (
	"github.com/artdag/artdag/dag"
)

// Manifest returns the content of a step with several outputs: the canonical
// JSON list of {"cid","content_hash","name","size"}, sorted by name as the
// members must be already.
func Manifest(members []Member) ([]byte, error) {
	list := make([]any, len(members))
	for i, m := range members {
		list[i] = map[string]any{
			"cid": m.CID, "content_hash": m.Content.String(), "name": m.Name, "size": m.Size,
		}
	}
	return dag.Canonical(list)
}
