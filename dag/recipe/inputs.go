package recipe

import (
	"strings"

	"github.com/artdag/artdag/dag"
)

var (
	kinds        = []string{"video", "audio", "image", "images", "blend", "data"}
	inputKeys    = []string{"kind", "many", "optional", "description", "asset"}
	assetKeys    = []string{"hash", "cid", "path"}
	exampleInput = "{clip: {kind: video}}"
)

func (r *reader) inputs(v Value) []Input {
	var out []Input
	for _, f := range r.entries(v, "inputs", exampleInput) {
		r.name(f.Key, f.Pos, "input")
		out = append(out, r.input(f))
	}
	return out
}

func (r *reader) input(f Field) Input {
	what := "input " + clip(f.Key)
	in := Input{Name: f.Key, Pos: f.Pos}
	if f.Value.Fields == nil {
		r.fault(f.Value.Pos, "%s: want a map such as {kind: video}, got %s", what, describe(f.Value))
		return in
	}
	keys := r.fields(f.Value, what, inputKeys)
	in.Kind = r.kind(keys["kind"], f.Pos, what)
	in.Many = r.boolean(keys["many"], what+": many")
	in.Optional = r.boolean(keys["optional"], what+": optional")
	in.Description = r.text(keys["description"], what+": description")
	in.Asset = r.asset(keys["asset"], what+": asset")
	if in.Asset != nil && (in.Many || in.Optional) {
		r.fault(f.Pos, "%s: an asset is one file that is always there; remove many and optional", what)
	}
	return in
}

func (r *reader) kind(v Value, pos Pos, what string) dag.Kind {
	if absent(v) {
		r.fault(pos, "%s needs a kind: %s", what, strings.Join(kinds, ", "))
		return ""
	}
	kind := r.text(v, what+": kind")
	if kind != "" && !contains(kinds, kind) {
		r.fault(v.Pos, "%s: there is no kind %s%s; the kinds are %s", what, clip(kind), r.suggest(kind, kinds), strings.Join(kinds, ", "))
	}
	return dag.Kind(kind)
}

// asset reads an input that the recipe fixes itself.
func (r *reader) asset(v Value, what string) *Asset {
	if absent(v) {
		return nil
	}
	if v.Fields == nil {
		r.fault(v.Pos, "%s: want a map with %s, got %s", what, strings.Join(assetKeys, ", "), describe(v))
		return nil
	}
	keys := r.fields(v, what, assetKeys)
	asset := &Asset{
		Hash: r.text(keys["hash"], what+": hash"),
		CID:  r.text(keys["cid"], what+": cid"),
		Path: r.text(keys["path"], what+": path"),
	}
	if asset.Hash == "" && asset.CID == "" && asset.Path == "" {
		r.fault(v.Pos, "%s: needs a hash, a cid or a path", what)
	}
	if asset.Hash != "" {
		if _, err := dag.ParseID[dag.ContentHash](asset.Hash); err != nil {
			r.fault(keys["hash"].Pos, "%s: %v", what, err)
		}
	}
	return asset
}

func (r *reader) analysis(v Value) []Analysis {
	var out []Analysis
	for _, f := range r.entries(v, "analysis", "{song: [beats]}") {
		a := Analysis{Input: f.Key, Pos: f.Pos}
		what := "analysis of " + clip(f.Key)
		seen := map[string]bool{}
		for _, feature := range r.texts(f.Value, what) {
			if seen[feature.Text] {
				r.fault(feature.Pos, "%s: the feature %s is there twice", what, clip(feature.Text))
				continue
			}
			seen[feature.Text] = true
			r.name(feature.Text, feature.Pos, what+": feature")
			a.Features = append(a.Features, feature.Text)
		}
		if len(f.Value.Items) == 0 && f.Value.Items != nil {
			r.fault(f.Value.Pos, "%s: the list of features is empty", what)
		}
		out = append(out, a)
	}
	return out
}
