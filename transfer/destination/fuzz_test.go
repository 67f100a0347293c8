package destination_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// A custody holds three posts that one move brought, in memory.
type custody struct {
	destination.Custody // what is not needed here
	move                destination.Move
	kept                map[string]destination.Kept
	taken               map[string]bool // messages
}

func (c *custody) MoveFrom(_ context.Context, issuer, id string) (destination.Move, error) {
	if issuer != c.move.Issuer || id != c.move.Transfer {
		return destination.Move{}, transfer.Errorf(transfer.NotFound, "no such move")
	}
	return c.move, nil
}

func (c *custody) Kept(_ context.Context, _ destination.Move, of transfer.Collection, guids []string, see func(destination.Kept) error) error {
	for _, guid := range guids {
		if kept, here := c.kept[guid]; here && of == transfer.Posts {
			if err := see(kept); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *custody) TakeMessage(_ context.Context, issuer, id string, _ time.Time) error {
	if c.taken[issuer+" "+id] {
		return transfer.Errorf(transfer.MessageReplayed, "seen")
	}
	c.taken[issuer+" "+id] = true
	return nil
}

// keeping is a Keeper of that custody.
func keeping(ours, theirs keys.Key) (*destination.Keeper, *custody) {
	c := &custody{
		move: destination.Move{Issuer: "https://old.example", Transfer: "transfer-one", Nonce: "a-transfer-nonce", State: destination.Done},
		kept: map[string]destination.Kept{
			"0123456789abcde1": {GUID: "0123456789abcde1", State: transfer.Held, Item: []byte(`{"text":"one"}`)},
			"0123456789abcde2": {GUID: "0123456789abcde2", State: transfer.EditedThere, Item: []byte(`{"text":"two"}`)},
			"0123456789abcde3": {GUID: "0123456789abcde3", State: transfer.RemovedThere},
		},
		taken: map[string]bool{},
	}
	mover := destination.New(destination.Options{
		Origin: "https://new.example", Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
		Sign: func(typ string, claims any) (string, error) { return keys.Sign(ours, typ, claims) },
	})
	return destination.NewKeeper(mover, destination.KeeperOptions{
		Custody: c, Peek: keys.Peek,
		Verify: func(_ context.Context, _ transfer.Pin, jws, typ string, claims any) error {
			return keys.Verify(jws, typ, theirs.Public(), claims)
		},
	}), c
}

// FuzzHoldings signs what a stranger likes as a source's question after
// holdings (Protocol §7.3, §7.4). The answer is ours, names the question and no
// item that was not asked for, and says of nothing that it is held but of what
// is. A question is answered once.
func FuzzHoldings(f *testing.F) {
	ours, theirs := newKey(f), newKey(f)
	const envelope = `{"iss":"https://old.example","aud":"https://new.example","transfer":"transfer-one","nonce":"a-transfer-nonce","iat":1800000000,"exp":1800000300,"jti":"an-identifier-of-this",`
	const item = `{"collection":"posts","guid":"0123456789abcde1","challenge":"1VdnCq2mQkK3yJ0rXo9ZtA"}`
	for _, items := range []string{
		item, item + "," + strings.Replace(item, "e1", "e2", 1) + "," + strings.Replace(item, "e1", "e3", 1), item + "," + item,
		strings.Replace(item, "posts", "photos", 1), strings.Replace(item, "e1", "e4", 1), `{"challenge":"x"}`, `null`,
	} {
		f.Add(envelope+`"items":[`+items+`]}`, envelope+`"items":[]}`)
	}
	f.Add(strings.Replace(envelope, "1800000300", "9223372036854775807", 1)+`"items":[`+item+`]}`, "")
	f.Fuzz(func(t *testing.T, claims, other string) {
		k, c := keeping(ours, theirs)
		signed, err := keys.Sign(theirs, transfer.TypHoldings, json.RawMessage(claims))
		if err != nil {
			return // it is no JSON, and nobody signs it
		}
		parts := strings.Split(signed, ".")
		if swapped := base64.RawURLEncoding.EncodeToString([]byte(other)); swapped != parts[1] {
			_, err := k.Holdings(t.Context(), parts[0]+"."+swapped+"."+parts[2])
			wantRefused(t, err, transfer.SignatureInvalid, transfer.NotFound)
		}
		answer, err := k.Holdings(t.Context(), signed)
		if err != nil {
			wantRefused(t, err, transfer.SignatureInvalid, transfer.NotFound, transfer.TooLarge, transfer.RequestInvalid)
			return
		}
		var asked, told transfer.Holdings
		if err := keys.Peek(signed, &asked); err != nil {
			t.Fatal(err)
		}
		if err := keys.Verify(answer, transfer.TypHoldings, ours.Public(), &told); err != nil {
			t.Fatal(err)
		}
		if told.InReplyTo != asked.ID || told.Audience != c.move.Issuer || told.Transfer != c.move.Transfer || len(told.Items) != len(asked.Items) || len(told.Items) > transfer.MaxHoldings {
			t.Fatalf("%+v is answered with %+v", asked, told)
		}
		for i, item := range told.Items {
			if want := c.answer(asked.Items[i]); item != want {
				t.Fatalf("%+v is answered with %+v, want %+v", asked.Items[i], item, want)
			}
		}
		_, err = k.Holdings(t.Context(), signed)
		wantRefused(t, err, transfer.MessageReplayed)
	})
}

// answer is what there is to say about one item.
func (c *custody) answer(asked transfer.Holding) transfer.Holding {
	want := transfer.Holding{Collection: asked.Collection, GUID: asked.GUID, State: transfer.AbsentThere}
	kept, here := c.kept[asked.GUID]
	if !here || asked.Collection != transfer.Posts {
		return want
	}
	if want.State = kept.State; kept.State == transfer.Held {
		want.Proof = transfer.Sum([]byte(asked.Challenge + string(kept.Item)))
	}
	return want
}

func wantRefused(t *testing.T, err error, codes ...transfer.Code) {
	t.Helper()
	for _, code := range codes {
		if transfer.CodeOf(err) == code {
			return
		}
	}
	t.Fatalf("got %v, want one of %v", err, codes)
}

func newKey(tb testing.TB) keys.Key {
	tb.Helper()
	k, err := keys.Generate()
	if err != nil {
		tb.Fatal(err)
	}
	return k
}
