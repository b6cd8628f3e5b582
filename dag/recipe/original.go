package recipe

import "slices"

var (
	originalKeys = []string{"name", "version", "description", "owner", "metadata", "registry", "params", "analysis", "dag"}
	dagKeys      = []string{"nodes", "output", "outputs"}
	sourceKeys   = []string{"input", "asset", "kind", "name", "many", "optional", "description"}
)

// native returns the tree in the native form: the nodes of dag move to the top,
// and each SOURCE becomes an entry of inputs. Places stay those of the text.
func (r *reader) native(tree Value) Value {
	if graph, ok := tree.field("dag"); ok {
		tree = r.flatten(tree, graph)
	}
	return r.sources(tree)
}

func (v Value) field(key string) (Field, bool) {
	i := slices.IndexFunc(v.Fields, func(f Field) bool { return f.Key == key })
	if i < 0 {
		return Field{}, false
	}
	return v.Fields[i], true
}

// with returns v with the field replaced or added at the end.
func (v Value) with(f Field) Value {
	v.Fields = append(v.without(f.Key).Fields, f)
	return v
}

func (v Value) without(key string) Value {
	fields := make([]Field, 0, len(v.Fields)+1)
	for _, f := range v.Fields {
		if f.Key != key {
			fields = append(fields, f)
		}
	}
	v.Fields = fields
	return v
}

// flatten moves what dag holds to the top.
func (r *reader) flatten(tree Value, graph Field) Value {
	r.fields(tree, "a recipe with dag", originalKeys)
	if graph.Value.Fields == nil {
		r.fault(graph.Value.Pos, "dag: want a map with nodes and output, got %s", describe(graph.Value))
	}
	tree = tree.without("dag").without("nodes").without("outputs")
	keys := r.fields(graph.Value, "dag", dagKeys)
	if nodes, ok := graph.Value.field("nodes"); ok {
		tree = tree.with(nodes)
	}
	for _, key := range []string{"outputs", "output"} {
		if out, ok := graph.Value.field(key); ok {
			tree = tree.with(Field{"outputs", out.Pos, out.Value})
		}
	}
	if !absent(keys["output"]) && !absent(keys["outputs"]) {
		r.fault(keys["output"].Pos, "dag: give output or outputs, not both")
	}
	return tree
}

// sources turns each SOURCE node into an input of its id.
func (r *reader) sources(tree Value) Value {
	registry, _ := tree.field("registry")
	assets, _ := registry.Value.field("assets")
	tree = tree.without("registry")
	nodes, ok := tree.field("nodes")
	if !ok || !slices.ContainsFunc(nodes.Value.Items, isSource) {
		return tree
	}
	inputs, _ := tree.field("inputs")
	if inputs.Pos == (Pos{}) {
		inputs = Field{"inputs", nodes.Pos, Value{Pos: nodes.Pos, Start: nodes.Pos}}
	}
	inputs.Value.Fields = slices.Clone(inputs.Value.Fields)
	kept := make([]Value, 0, len(nodes.Value.Items))
	for _, node := range nodes.Value.Items {
		if isSource(node) {
			inputs.Value.Fields = append(inputs.Value.Fields, r.sourceInput(node, assets.Value))
		} else {
			kept = append(kept, node)
		}
	}
	nodes.Value.Items = kept
	return tree.with(inputs).with(nodes)
}

func isSource(node Value) bool {
	typ, _ := node.field("type")
	return typ.Value.Scalar == "SOURCE"
}

// sourceInput makes the entry of inputs of one SOURCE, whose settings stand in
// its config or beside it.
func (r *reader) sourceInput(node, assets Value) Field {
	id, _ := node.field("id")
	name := r.text(id.Value, "id")
	what := "SOURCE " + clip(name)
	settings, _ := node.field("config")
	merged := settings.Value
	for _, f := range node.without("id").without("type").without("config").Fields {
		merged = merged.with(f)
	}
	keys := r.fields(merged, what, sourceKeys)
	data := Value{Pos: node.Pos, Start: node.Pos, Scalar: "data"}
	out := Value{Pos: node.Pos, Start: node.Pos, Fields: []Field{{"kind", node.Pos, data}}}
	for _, key := range []string{"kind", "many", "optional", "description"} {
		if f, ok := merged.field(key); ok {
			out = out.with(f)
		}
	}
	if label := keys["name"]; !absent(label) && absent(keys["description"]) {
		out = out.with(Field{"description", label.Pos, label})
	}
	asset := keys["asset"]
	isInput := r.boolean(keys["input"], what+": input")
	switch {
	case isInput == !absent(asset):
		r.fault(node.Pos, "%s: needs input: true, or asset: the name of one of registry.assets", what)
	case !isInput:
		out = out.with(Field{"asset", asset.Pos, r.registered(asset, assets, what)})
	}
	return Field{name, node.Pos, out}
}

// registered looks an asset up and keeps what identifies its bytes. An address
// on the web does not.
func (r *reader) registered(asset, assets Value, what string) Value {
	name := r.text(asset, what+": asset")
	entry, ok := assets.field(name)
	if !ok {
		names := make([]string, len(assets.Fields))
		for i, f := range assets.Fields {
			names[i] = f.Key
		}
		r.fault(asset.Pos, "%s: registry.assets has no %s%s", what, quoted(name), r.suggest(name, names))
		return Value{}
	}
	out := Value{Pos: entry.Pos, Start: entry.Pos, Fields: []Field{}}
	for _, f := range entry.Value.Fields {
		switch f.Key {
		case "hash", "content_hash":
			out = out.with(Field{"hash", f.Pos, f.Value})
		case "cid", "ipfs_cid":
			out = out.with(Field{"cid", f.Pos, f.Value})
		case "path":
			out = out.with(f)
		}
	}
	return out
}
