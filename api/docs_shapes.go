package api

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// A docsShape is a named schema.
type docsShape struct {
	Name, About string
	Kind        string
	Members     []docsMember
	Example     string
}

// A docsMember is a member of an object.
type docsMember struct {
	Name, Kind, Shape, About string
	Required                 bool
}

func shapes(doc *openapi3.T) (list []docsShape) {
	for name, ref := range doc.Components.Schemas {
		s := ref.Value
		shape := docsShape{Name: name, About: s.Description, Kind: kind(s)}
		if s.Example != nil {
			shape.Example = fmt.Sprint(s.Example)
		}
		for _, part := range slices.Concat(openapi3.SchemaRefs{ref}, s.AllOf) {
			shape.Members = append(shape.Members, members(part.Value)...)
		}
		list = append(list, shape)
	}
	slices.SortFunc(list, func(a, b docsShape) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func members(s *openapi3.Schema) (list []docsMember) {
	for name, ref := range s.Properties {
		m := docsMember{Name: name, Kind: kind(ref.Value), Shape: shapeName(ref), Required: slices.Contains(s.Required, name)}
		if m.About = ref.Value.Description; m.Shape != "" && ref.Ref == "" {
			m.Kind = "list of"
		} else if m.Shape != "" {
			m.Kind = ""
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b docsMember) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

// shapeName is the name of a schema, or of what a list holds.
func shapeName(ref *openapi3.SchemaRef) string {
	switch {
	case ref == nil:
		return ""
	case ref.Ref != "":
		return path.Base(ref.Ref)
	case ref.Value.Items != nil && ref.Value.Items.Ref != "":
		return path.Base(ref.Value.Items.Ref)
	}
	return ""
}

// kind says in a few words what a schema takes.
func kind(s *openapi3.Schema) string {
	var words []string
	if s.Type != nil {
		words = append(words, strings.Join(s.Type.Slice(), " or "))
	}
	if len(s.Enum) > 0 {
		words = append(words, "one of "+strings.Trim(fmt.Sprint(s.Enum), "[]"))
	}
	if s.Min != nil {
		words = append(words, fmt.Sprintf("from %v", *s.Min))
	}
	if s.Max != nil {
		words = append(words, fmt.Sprintf("to %v", *s.Max))
	}
	if s.MaxLength != nil {
		words = append(words, fmt.Sprintf("of at most %d characters", *s.MaxLength))
	}
	if s.MaxItems != nil {
		words = append(words, fmt.Sprintf("of at most %d", *s.MaxItems))
	}
	if s.Pattern != "" {
		words = append(words, "like "+s.Pattern)
	}
	return strings.Join(words, ", ")
}
