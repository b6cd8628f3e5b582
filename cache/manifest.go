package cache

import (
	"encoding/json"
	"fmt"

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

// ParseManifest reads the content of a step with several outputs. The members
// have what a manifest says of them and no path.
func ParseManifest(text []byte) ([]Member, error) {
	var list []struct {
		CID     string          `json:"cid"`
		Content dag.ContentHash `json:"content_hash"`
		Name    string          `json:"name"`
		Size    int64           `json:"size"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("cache: read manifest: %w", err)
	}
	members := make([]Member, len(list))
	for i, m := range list {
		if _, err := memberFile(OutputMember{Name: m.Name}); err != nil {
			return nil, fmt.Errorf("cache: read manifest: %w", err)
		}
		members[i] = Member{Name: m.Name, Content: m.Content, CID: m.CID, Size: m.Size}
	}
	return members, nil
}
