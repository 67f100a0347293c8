package transfer_test

import (
	"testing"

	"podmove/transfer"
)

func TestCheckTemplate(t *testing.T) {
	const origin = "https://new.example"
	for _, tt := range []struct {
		name     string
		template string
		good     bool
	}{
		{"takes a path with a guid", "https://new.example/posts/{guid}", true},
		{"takes a path without one", "https://new.example/posts/", true},
		{"refuses another host", "https://evil.example/posts/{guid}", false},
		{"refuses another scheme", "http://new.example/posts/{guid}", false},
		{"refuses another port", "https://new.example:444/posts/{guid}", false},
		{"refuses a host that goes on in the placeholder", "https://new.example{guid}/", false},
		{"refuses a host that goes on after a dot", "https://new.example.{guid}/", false},
		{"refuses user-info", "https://new.example@evil.example/{guid}", false},
		{"refuses empty user-info", "https://@new.example/{guid}", false},
		{"refuses user-info from a placeholder", "https://{guid}@new.example/", false},
		{"refuses a backslash", `https://new.example\@evil.example/{guid}`, false},
		{"refuses a scheme-relative address", "//new.example/{guid}", false},
		{"refuses a placeholder named twice", "https://new.example/{guid}/{guid}", false},
		{"refuses an unknown placeholder", "https://new.example/{host}", false},
		{"refuses a placeholder that an escape would swallow", "https://new.example/posts%{guid}", false},
		{"refuses one that ends an escape", "https://new.example/posts%2{guid}", false},
		{"refuses a query", "https://new.example/p?g={guid}", false},
		{"refuses an empty query", "https://new.example/p/{guid}?", false},
		{"refuses a fragment", "https://new.example/p#{guid}", false},
		{"refuses a line break", "https://new.example/\r\nX: {guid}", false},
		{"refuses script", "javascript:alert(1)//new.example/{guid}", false},
		{"refuses no path", "https://new.example", false},
		{"refuses nothing", "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := transfer.CheckTemplate(tt.template, origin, transfer.PlaceGUID)
			if (err == nil) != tt.good {
				t.Fatalf("%q: %v", tt.template, err)
			}
		})
	}
}

func TestExpandEncodesValues(t *testing.T) {
	got := transfer.Expand("https://new.example/posts/{guid}", map[string]string{transfer.PlaceGUID: "a/b?c#d@e:f"})
	if want := "https://new.example/posts/a%2Fb%3Fc%23d@e:f"; got != want {
		t.Fatalf("got %s", got)
	}
}
