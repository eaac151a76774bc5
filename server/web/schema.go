package web

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// finish completes the schemas when all operations are there and none has been called: a pointer to a struct may be null
// (the library says so for scalars only, and refuses the tag on structs), and additional properties are allowed without
// saying so (which would make every type of a client's open-ended).
func finish(registry huma.Registry) {
	for name, schema := range registry.Map() {
		if schema.AdditionalProperties == true {
			schema.AdditionalProperties = nil
		}
		t := registry.TypeFromRef("#/components/schemas/" + name)
		if t == nil || t.Kind() != reflect.Struct {
			continue
		}
		for _, field := range reflect.VisibleFields(t) {
			markField(schema, field)
		}
	}
}

func markField(schema *huma.Schema, field reflect.StructField) {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	property := schema.Properties[name]
	if property == nil || property.Ref == "" || field.Type.Kind() != reflect.Pointer {
		return
	}
	schema.Properties[name] = &huma.Schema{
		Description: property.Description,
		AnyOf:       []*huma.Schema{{Ref: property.Ref}, {Type: "null", Enum: []any{nil}}},
	}
}
