package api

import (
	"cmp"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// description is what /openapi.json says beside the operations. Pages that
// would load scripts from elsewhere are not served.
func description(o Options) huma.Config {
	config := huma.DefaultConfig("artdag", cmp.Or(o.Version, "unknown"))
	config.Info.Description = "A content-addressed render farm."
	config.DocsPath, config.SchemasPath = "", ""
	config.CreateHooks = nil // no $schema in answers
	config.RejectUnknownQueryParameters = true
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "Needed unless the farm serves loopback addresses only."},
	}
	config.Security = []map[string][]string{{"token": {}}}
	return config
}

// schemaName keeps types of the same name in different packages apart:
// api.Step is Step, dag.Step is DagStep.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if pkg := path.Base(t.PkgPath()); t.Name() != "" && pkg != "api" && pkg != "." && pkg != "v2" {
		return strings.ToUpper(pkg[:1]) + pkg[1:] + name
	}
	return name
}
