package transfer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gowebpki/jcs"

	"podmove/transfer"
)

// TestCheckCanonicalAccepts lists spellings that are the only right ones; the
// oracle confirms each.
func TestCheckCanonicalAccepts(t *testing.T) {
	for _, raw := range []string{
		`{}`,
		`{"a":[],"b":{},"c":"","d":true,"e":false,"f":0}`,
		`{"":"an empty name","A":1,"_":2,"a":3}`,
		`{"a":-1,"b":9007199254740992,"c":-9007199254740992}`,
		`{"a":[1,"two",[3],{"b":4}]}`,
		`{"a":"\"\\/\b\f\n\r\t"}`,
		`{"a":"\u0001\u000b\u000e\u001b\u001f` + "\x7f" + `"}`,
		`{"a":"<>& ` + "\u2028\u2029\ufeff\ufffd\uffff" + ` 🌲"}`,
		`{"a":"\\u2028 \\ud800 \\u0000"}`,
		`{"a":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `}`,
	} {
		if err := transfer.CheckCanonical([]byte(raw)); err != nil {
			t.Errorf("refuses %s: %v", raw, err)
		}
		if want, err := jcs.Transform([]byte(raw)); err != nil || string(want) != raw {
			t.Errorf("the oracle writes %s for %s: %v", want, raw, err)
		}
	}
}

// otherSpellings are objects that another pod might send and none would write.
var otherSpellings = map[string]string{
	"nothing":                             ``,
	"what is no object":                   `[1]`,
	"a float":                             `{"a":1.5}`,
	"a float that is whole":               `{"a":1.0}`,
	"an exponent":                         `{"a":1e3}`,
	"minus zero":                          `{"a":-0}`,
	"a leading zero":                      `{"a":01}`,
	"a plus":                              `{"a":+1}`,
	"an integer beyond 2^53":              `{"a":9007199254740993}`,
	"an integer beyond -2^53":             `{"a":-9007199254740993}`,
	"an integer beyond 64 bits":           `{"a":99999999999999999999}`,
	"null":                                `{"a":null}`,
	"a word":                              `{"a":yes}`,
	"a name twice":                        `{"a":1,"a":1}`,
	"names out of order":                  `{"b":1,"a":1}`,
	"names in the order of no case":       `{"a":1,"B":1}`,
	"a name that is not ASCII":            `{"å":1}`,
	"a name that is escaped":              `{"\u0061":1}`,
	"a name that is no string":            `{1:1}`,
	"NUL, escaped":                        `{"a":"\u0000"}`,
	"NUL":                                 "{\"a\":\"\x00\"}",
	"a control character as it is":        "{\"a\":\"\x1f\"}",
	"a line feed as it is":                "{\"a\":\"\n\"}",
	"the first half of a pair":            `{"a":"\ud83c"}`,
	"the second half of a pair":           `{"a":"\udf32"}`,
	"a pair that is escaped":              `{"a":"\ud83c\udf32"}`,
	"half a pair as it is":                "{\"a\":\"\xed\xa0\xbc\"}",
	"bytes that are not UTF-8":            "{\"a\":\"\xff\"}",
	"UTF-8 longer than need be":           "{\"a\":\"\xc0\xaf\"}",
	"an escape in capitals":               `{"a":"\u001F"}`,
	"an escape with a capital U":          `{"a":"\U001f"}`,
	"an escape that has a short form":     `{"a":"\u000a"}`,
	"an escape that is none too few":      `{"a":"\u00"}`,
	"an escaped slash":                    `{"a":"\/"}`,
	"an escaped apostrophe":               `{"a":"\'"}`,
	"an escaped letter":                   `{"a":"\u0061"}`,
	"an escaped less-than, as Go has it":  `{"a":"\u003c"}`,
	"an escaped U+2028, as Go has it":     `{"a":"\u2028"}`,
	"an escaped DEL":                      `{"a":"\u007f"}`,
	"an escape with a sign":               `{"a":"\u+01f"}`,
	"an escape with an underscore":        `{"a":"\u0_1f"}`,
	"space before":                        ` {"a":1}`,
	"space after":                         `{"a":1} `,
	"a line feed after":                   "{\"a\":1}\n",
	"space inside":                        `{"a": 1}`,
	"a byte order mark":                   "\ufeff{\"a\":1}",
	"a comma too many":                    `{"a":1,}`,
	"a comma too many in a list":          `{"a":[1,]}`,
	"a comma too few":                     `{"a":1"b":2}`,
	"an end that lacks":                   `{"a":1`,
	"a string without end":                `{"a":"`,
	"a string that ends in an escape":     `{"a":"\`,
	"an object that ends as a list":       `{"a":1]`,
	"two objects":                         `{}{}`,
	"nesting beyond 16":                   `{"a":` + strings.Repeat("[", 17) + strings.Repeat("]", 17) + `}`,
	"nesting that would exhaust a stack":  strings.Repeat(`{"a":`, 1_000_000),
	"a list that would exhaust the stack": `{"a":` + strings.Repeat(`[`, 1_000_000),
}

func TestCheckCanonicalRefuses(t *testing.T) {
	for what, raw := range otherSpellings {
		t.Run(what, func(t *testing.T) {
			if err := transfer.CheckCanonical([]byte(raw)); transfer.CodeOf(err) != transfer.NotCanonical {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCheckCanonicalAllocatesNothing(t *testing.T) {
	raw := []byte(`{"a":["x\n🌲",12345],"b":true}`)
	if n := testing.AllocsPerRun(100, func() {
		if err := transfer.CheckCanonical(raw); err != nil {
			t.Fatal(err)
		}
	}); n > 2 { // the digits of two numbers
		t.Errorf("%v allocations", n)
	}
}

func TestCanonical(t *testing.T) {
	type value struct {
		List []int64 `json:"list"`
		Text string  `json:"text"`
	}
	var every strings.Builder
	for r := rune(1); r < 0x3000; r++ {
		every.WriteRune(r)
	}
	for _, text := range []string{
		"", "<>&\u2028\u2029", `\u2028`, `\\u2028`, "\\\u2028\\", `"\u2028"`, every.String(), "\U0010ffff\ufffd", strings.Repeat(`\`, 9) + "\u2029",
	} {
		v := value{[]int64{math.MinInt32, 0, 1 << 53}, text}
		raw, err := transfer.Canonical(v)
		if err != nil {
			t.Errorf("%.40q: %v", text, err)
		}
		plain, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := jcs.Transform(plain); err != nil || !bytes.Equal(raw, want) {
			t.Errorf("%.40q:\ngot  %.200s\nwant %.200s\n%v", text, raw, want, err)
		}
	}
	for what, v := range map[string]any{
		"a struct whose fields are out of order": struct{ B, A int }{},
		"a float":                                map[string]any{"a": 1.5},
		"null":                                   map[string]any{"a": nil},
		"a list":                                 []int{1},
		"NUL":                                    map[string]string{"a": "\x00"},
		"an integer beyond 2^53":                 map[string]int64{"a": 1<<53 + 1},
	} {
		if raw, err := transfer.Canonical(v); err == nil {
			t.Errorf("writes %s: %s", what, raw)
		}
	}
}

// FuzzCheckCanonical holds the checker to the oracle: whatever it accepts, the
// oracle would have written.
func FuzzCheckCanonical(f *testing.F) {
	for _, raw := range []string{`{"a":[1,-2,"x"],"b":{"c":true}}`, `{"a":"\u001f\n\"` + "\u2028" + `"}`, `{"a":1e3}`, `{"a":"\ud83c\udf32"}`, `{"a":null,"a":1}`} {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if transfer.CheckCanonical(raw) != nil {
			return
		}
		want, err := jcs.Transform(raw)
		if err != nil || !bytes.Equal(raw, want) {
			t.Fatalf("accepts %q, and the oracle writes %q: %v", raw, want, err)
		}
		var v any
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if err := dec.Decode(&v); err != nil {
			t.Fatal(err)
		}
		again, err := transfer.Canonical(v)
		if err != nil || !bytes.Equal(raw, again) {
			t.Fatalf("read and written, %q is %q: %v", raw, again, err)
		}
	})
}

func ExampleCanonical() {
	raw, _ := transfer.Canonical(transfer.Contact{ID: "a@b.example", Receiving: true})
	fmt.Println(string(raw))
	// Output: {"id":"a@b.example","receiving":true}
}
