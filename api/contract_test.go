package api

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/gin-gonic/gin"

	"podmove"
)

// TestMain teaches kin-openapi the media types that it has no decoder for. Its
// table belongs to the process, so it is filled before any test runs.
func TestMain(m *testing.M) {
	for _, media := range []string{"image/jpeg", "image/png", "image/gif", "image/webp", "application/jose", "application/jrd+json"} {
		openapi3filter.RegisterBodyDecoder(media, asText)
	}
	openapi3filter.RegisterBodyDecoder("application/jrd+json", openapi3filter.RegisteredBodyDecoder("application/json"))
	gin.SetMode(gin.ReleaseMode) // or it prints every route
	os.Exit(m.Run())
}

func asText(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
	raw, err := io.ReadAll(body)
	return string(raw), err
}

func contractOf(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(podmove.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// eachOperation calls see with each operation and its name, "GET /docs".
func eachOperation(doc *openapi3.T, see func(name, path string, item *openapi3.PathItem, o *openapi3.Operation)) {
	for _, path := range doc.Paths.InMatchingOrder() {
		item := doc.Paths.Value(path)
		for method, o := range item.Operations() {
			see(method+" "+path, path, item, o)
		}
	}
}

func TestContractIsSound(t *testing.T) {
	doc := contractOf(t)
	t.Run("is valid, its examples included", func(t *testing.T) {
		if err := doc.Validate(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	ids := make(map[string]bool)
	eachOperation(doc, func(name, path string, item *openapi3.PathItem, o *openapi3.Operation) {
		t.Run(name, func(t *testing.T) {
			if o.OperationID == "" || ids[o.OperationID] {
				t.Errorf("the operationId %q is missing or there twice", o.OperationID)
			}
			ids[o.OperationID] = true
			if o.Summary == "" || o.Description == "" || len(o.Tags) != 1 || doc.Tags.Get(o.Tags[0]) == nil {
				t.Error("it lacks summary, description or its one known tag")
			}
			if o.Security == nil {
				t.Error("it does not say whether it needs a token")
			}
			for _, p := range slices.Concat(item.Parameters, o.Parameters) {
				if p.Value.Description == "" || p.Value.Schema == nil {
					t.Errorf("the parameter %s is not described", p.Value.Name)
				}
			}
			checkResponses(t, path, o)
		})
	})
	for name, s := range doc.Components.Schemas {
		t.Run(name, func(t *testing.T) { checkMembers(t, s.Value) })
	}
}

// checkResponses wants problem documents, or OAuth's own form under /oauth.
func checkResponses(t *testing.T, path string, o *openapi3.Operation) {
	t.Helper()
	want := "application/problem+json"
	if strings.HasPrefix(path, "/oauth/") || slices.Contains(o.Tags, "OAuth") {
		want = "application/json"
	}
	if path == "/oauth/authorize" {
		want = "text/html" // a person's browser comes there
	}
	errors := 0
	for status, r := range o.Responses.Map() {
		if r.Value.Description == nil || *r.Value.Description == "" {
			t.Errorf("%s is not described", status)
		}
		if (status[0] == '4' && status != "412" && status != "416") || status == "default" { // those two are net/http's
			errors++
			if r.Value.Content.Get(want) == nil {
				t.Errorf("%s is not %s", status, want)
			}
		}
	}
	if errors == 0 {
		t.Error("it never fails")
	}
}

func checkMembers(t *testing.T, s *openapi3.Schema) {
	t.Helper()
	for name, p := range s.Properties {
		if p.Value.Description == "" && len(p.Value.AllOf) == 0 && p.Ref == "" {
			t.Errorf("%s is not described", name)
		}
		checkMembers(t, p.Value)
	}
	for _, name := range s.Required {
		if s.Properties[name] == nil {
			t.Errorf("%s is required and not there", name)
		}
	}
}

// TestRoutes holds the router to the contract. Under .well-known and oauth other
// rooms answer; the door takes ".json" off an address before it gets here.
func TestRoutes(t *testing.T) {
	docs := NewDocs(podmove.OpenAPI)
	mounted := map[string][]Group{
		"Transfers": {Transfers{}},
		"Messages":  {Holdings{}, Notices{}},
		"Moves":     {Moves{}, Departures{}},
		"Public":    {Public{}, WebFinger{}},
		"Pod":       {docs},
	}
	doc := contractOf(t)
	for tag, list := range mounted {
		t.Run(tag, func(t *testing.T) {
			want := make(map[string]bool)
			eachOperation(doc, func(name, _ string, _ *openapi3.PathItem, o *openapi3.Operation) {
				if o.Tags[0] == tag {
					want[asGin(name)] = true
				}
			})
			for _, r := range engine(Options{Groups: list}).Routes() {
				name := r.Method + " " + r.Path
				if !want[name] {
					t.Errorf("%s is not in the contract", name)
				}
				delete(want, name)
			}
			for name := range want {
				t.Errorf("%s is in the contract only", name)
			}
		})
	}
}

var placeholder = regexp.MustCompile(`\{([a-z]+)\}`)

func asGin(name string) string {
	if plain, cut := strings.CutSuffix(name, ".json"); cut && strings.Contains(name, "{") {
		name = plain
	}
	return placeholder.ReplaceAllString(name, ":$1")
}

func TestDocs(t *testing.T) {
	docs := NewDocs(podmove.OpenAPI)
	h := engine(Options{Groups: []Group{docs}})
	page := asked(t, h, "/docs")
	text := page.Body.String()
	t.Run("shows every operation", func(t *testing.T) {
		eachOperation(contractOf(t), func(_, path string, _ *openapi3.PathItem, o *openapi3.Operation) {
			if !strings.Contains(text, fmt.Sprintf(`<article id="%s">`, o.OperationID)) || !strings.Contains(text, path) {
				t.Errorf("%s is not on the page", o.OperationID)
			}
		})
	})
	t.Run("loads nothing and runs nothing", func(t *testing.T) {
		for _, sign := range []string{"<script", "src=", "url(", "@import", `<link`} {
			if strings.Contains(text, sign) {
				t.Errorf("the page has %s", sign)
			}
		}
		if csp := page.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Error(csp)
		}
	})
	t.Run("serves the contract byte for byte", func(t *testing.T) {
		if got := asked(t, h, "/openapi.yaml"); got.Body.String() != string(podmove.OpenAPI) || got.Header().Get("Content-Type") != "application/yaml" {
			t.Error(got.Header())
		}
	})
	t.Run("every link leads somewhere", func(t *testing.T) {
		for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(text, -1) {
			if !strings.Contains(text, `id="`+m[1]+`"`) {
				t.Errorf("#%s", m[1])
			}
		}
	})
}
