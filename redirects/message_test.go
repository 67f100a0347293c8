package redirects_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"podmove/internal/keys"
	"podmove/internal/pod"
	"podmove/internal/store"
	"podmove/transfer"
	"podmove/transfer/destination"
)

// request is the envelope of a good request from one pod to the other.
func (w *world) request(from, to string) transfer.Envelope {
	w.Helper()
	return transfer.Envelope{
		Issuer: from, Audience: to, Transfer: w.id, Nonce: w.nonce(),
		IssuedAt: w.now.Unix(), Expires: w.now.Add(time.Minute).Unix(), ID: rand.Text(),
	}
}

// TestMessagesAtReplicas: a message that one process of a pod took is refused by
// all others over the same database (Protocol §1.4).
func TestMessagesAtReplicas(t *testing.T) {
	each(t, func(w *world) {
		old, keeper := w.redirects, w.keeper
		w.openOld()
		w.openNew() // a second process at either pod
		w.part("a question after holdings is answered once", func() {
			came := w.fixture.Entries[transfer.Posts][0].GUID
			message := must(w.old.sign(transfer.TypHoldings, transfer.Holdings{Envelope: w.request(oldPod, newPod), Items: []transfer.Holding{
				{Collection: transfer.Posts, GUID: came, Challenge: rand.Text()}}}))(w.T)
			check(w.T, drop(keeper.Holdings(w.Context(), message)))
			want(w.T, drop(w.keeper.Holdings(w.Context(), message)), transfer.MessageReplayed)
		})
		w.part("an undo that the new pod asks for is heard once", func() {
			message := must(w.new.sign(transfer.TypUndo, transfer.Undo{Envelope: w.request(newPod, oldPod)}))(w.T)
			check(w.T, drop(old.Hear(w.Context(), message)))
			want(w.T, drop(w.redirects.Hear(w.Context(), message)), transfer.MessageReplayed)
		})
		w.part("an undo that the old pod tells of is heard once", func() {
			message := must(w.old.sign(transfer.TypUndo, transfer.Undo{Envelope: w.request(oldPod, newPod), State: transfer.Undone}))(w.T)
			check(w.T, drop(keeper.Hear(w.Context(), message)))
			want(w.T, drop(w.keeper.Hear(w.Context(), message)), transfer.MessageReplayed)
		})
		w.part("its identifier is used up for other messages, too", func() {
			one := w.request(newPod, oldPod)
			check(w.T, drop(old.Hear(w.Context(), must(w.new.sign(transfer.TypUndo, transfer.Undo{Envelope: one}))(w.T))))
			one.Expires++
			want(w.T, drop(w.redirects.Hear(w.Context(), must(w.new.sign(transfer.TypUndo, transfer.Undo{Envelope: one}))(w.T))), transfer.MessageReplayed)
		})
	})
}

// TestAnswersToUndo: what answers an undo is signed, names the question, and is
// of the one kind, or nothing comes of it (Protocol §1.4, §7.2).
func TestAnswersToUndo(t *testing.T) {
	stranger := must(keys.Generate())(t)
	lies := map[string]func(signer side, u transfer.Undo) (string, error){
		"names another request": func(s side, u transfer.Undo) (string, error) {
			u.InReplyTo = rand.Text()
			return s.sign(transfer.TypUndo, u)
		},
		"names no request": func(s side, u transfer.Undo) (string, error) { u.InReplyTo = ""; return s.sign(transfer.TypUndo, u) },
		"is for another pod": func(s side, u transfer.Undo) (string, error) {
			u.Audience = "https://third.example"
			return s.sign(transfer.TypUndo, u)
		},
		"is of another transfer": func(s side, u transfer.Undo) (string, error) {
			u.Transfer = rand.Text()
			return s.sign(transfer.TypUndo, u)
		},
		"has another nonce": func(s side, u transfer.Undo) (string, error) {
			u.Nonce = rand.Text()
			return s.sign(transfer.TypUndo, u)
		},
		"is of another kind": func(s side, u transfer.Undo) (string, error) { return s.sign(transfer.TypHoldings, u) },
		"has another key":    func(_ side, u transfer.Undo) (string, error) { return keys.Sign(stranger, transfer.TypUndo, u) },
		"is not signed":      func(_ side, u transfer.Undo) (string, error) { raw, err := json.Marshal(u); return string(raw), err },
	}
	once(t, func(w *world) {
		lie := func(signer side, how func(side, transfer.Undo) (string, error)) {
			w.twist = func(_, _, answer string) (string, error) {
				var u transfer.Undo
				check(w.T, keys.Peek(answer, &u))
				return how(signer, u)
			}
		}
		for what, how := range lies {
			w.part("the new pod believes no answer that "+what, func() {
				lie(w.old, how)
				want(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move), transfer.SignatureInvalid)
				if w.moveState() != destination.Done {
					w.Errorf("the move is %s", w.moveState())
				}
			})
		}
		w.twist = nil
		check(w.T, drop(w.redirects.Undo(w.Context(), w.old.account.ID, w.id)))
		for what, how := range lies {
			w.part("the old pod believes no answer that "+what, func() {
				lie(w.new, how)
				if next := must(w.redirects.Tell(w.Context(), w.id))(w.T); next.Done {
					w.Error("it takes the new pod to have heard")
				}
			})
		}
		w.twist = nil
		w.part("the old pod believes the true one", func() {
			if next := must(w.redirects.Tell(w.Context(), w.id))(w.T); !next.Done {
				w.Errorf("got %+v", next)
			}
		})
	})
}

// TestHoldingsTellNothing: whatever this issuer's transfer did not bring, be it
// here or not, gets the same line, byte for byte but for its name (Protocol §7.4).
func TestHoldingsTellNothing(t *testing.T) {
	each(t, func(w *world) {
		own := must(w.new.store.CreatePost(w.Context(), w.new.account.ID, transfer.Post{Public: true, Text: "mine", CreatedAt: transfer.TimeOf(w.now)}))(w.T)
		deleted := must(w.new.store.CreatePost(w.Context(), w.new.account.ID, transfer.Post{Public: true, Text: "gone", CreatedAt: transfer.TimeOf(w.now)}))(w.T)
		check(w.T, w.new.store.DeletePost(w.Context(), w.new.account.ID, deleted))
		other := must(w.new.store.AddAccount(w.Context(), pod.Account{GUID: pod.NewGUID(), Username: "other", State: pod.Active, CreatedAt: w.now}, "", pod.NewGUID()))(w.T)
		asked := map[string]string{
			"an item that nobody knows":        strings.Repeat("0", 32),
			"an item written here":             own,
			"an item written and deleted here": deleted,
			"an item of another issuer":        w.brought(w.new.account.ID, "https://third.example", w.old.account.GUID, "post-of-another-issuer"),
			"an item of another account there": w.brought(w.new.account.ID, oldPod, "another-account-there", "post-of-another-account"),
			"an item of another transfer":      w.brought(other.ID, oldPod, w.old.account.GUID, "post-of-another-transfer"),
			"an item of another collection":    w.fixture.Entries[transfer.Photos][0].GUID,
			"an item that failed to come":      w.failed("post-that-failed-to-come"),
		}
		plain := w.absent(asked["an item that nobody knows"])
		for what, guid := range asked {
			w.part("says the same of "+what, func() {
				if got := w.absent(guid); got != plain {
					w.Errorf("got %s, and of one that nobody knows %s", got, plain)
				}
			})
		}
		w.part("says the same of what was taken back", func() {
			check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move))
			w.takeBack()
			if got := w.absent(w.fixture.Entries[transfer.Posts][0].GUID); got != plain {
				w.Errorf("got %s, and of one that nobody knows %s", got, plain)
			}
		})
	})
}

// absent asks about a post, and answers the line about it as it was sent, with
// its name taken out.
func (w *world) absent(guid string) string {
	w.Helper()
	question := transfer.Holdings{Envelope: w.request(oldPod, newPod), Items: []transfer.Holding{{Collection: transfer.Posts, GUID: guid, Challenge: rand.Text()}}}
	answer := must(w.keeper.Holdings(w.Context(), must(w.old.sign(transfer.TypHoldings, question))(w.T)))(w.T)
	var raw struct {
		Items []json.RawMessage `json:"items"`
	}
	check(w.T, verify(w.Context(), transfer.Pin{Keys: w.new.jwks()}, answer, transfer.TypHoldings, &raw))
	if len(raw.Items) != 1 || !strings.Contains(string(raw.Items[0]), `"state":"absent"`) {
		w.Errorf("of %s it says %s", guid, raw.Items)
	}
	return strings.ReplaceAll(string(raw.Items[0]), guid, "GUID")
}

// brought is a post that another transfer brought to an account of the new pod.
func (w *world) brought(account int64, issuer, source, guid string) string {
	w.Helper()
	into := w.new.store.Writer(store.Run{ID: rand.Text(), Account: account, Issuer: issuer, SourceAccount: source, URLs: store.URLs{Post: newPod + "/posts/"}}, w.new.blobs)
	e := must(transfer.Encode(guid, transfer.Post{Public: true, Text: guid, CreatedAt: transfer.TimeOf(w.now)}))(w.T)
	if o := w.write(into, transfer.Page{Collection: transfer.Posts, Next: "1", Through: 1, CaughtUp: true, Entries: []transfer.Entry{e}}); o[0].Result != transfer.Imported {
		w.Fatalf("%s: %+v", guid, o[0])
	}
	return guid
}

// failed is a post of this very transfer that could not be stored.
func (w *world) failed(guid string) string {
	w.Helper()
	into := w.writer()
	e := transfer.Entry{GUID: guid, Unsendable: transfer.TextInvalid}
	after := must(into.Progress(w.Context(), transfer.Posts))(w.T)
	if o := w.write(into, transfer.Page{Collection: transfer.Posts, After: after, Next: "failed", Through: 99, CaughtUp: true, Entries: []transfer.Entry{e}}); o[0].Result.Arrived() {
		w.Fatalf("%s: %+v", guid, o[0])
	}
	return guid
}

// TestWhatIsSigned reads what both pods send each other, byte by byte: each
// message is a compact JWS of its own kind with all that one must hold, and each
// answer names its question (Protocol §1.4).
func TestWhatIsSigned(t *testing.T) {
	once(t, func(w *world) {
		kinds := map[string]int{}
		w.twist = func(address, message, answer string) (string, error) {
			typ, sent := w.claims(message)
			kind, back := w.claims(answer)
			kinds[typ]++
			if want := map[bool]string{true: transfer.TypHoldings, false: transfer.TypUndo}[strings.HasSuffix(address, "/holdings")]; typ != want || kind != want {
				w.Errorf("%s: a %s is answered by a %s", address, typ, kind)
			}
			if back["in_reply_to"] != sent["jti"] || back["iss"] != sent["aud"] || back["aud"] != sent["iss"] || sent["in_reply_to"] != nil || back["jti"] == sent["jti"] {
				w.Errorf("%v is answered by %v", sent, back)
			}
			if exp, _ := sent["exp"].(float64); exp <= float64(w.now.Unix()) || exp > float64(w.now.Add(transfer.MaxMessageLife).Unix()) {
				w.Errorf("it ends at %v", sent["exp"])
			}
			return answer, nil
		}
		w.runFor(grace - time.Hour)
		check(w.T, drop(w.redirects.Undo(w.Context(), w.old.account.ID, w.id)))
		check(w.T, drop(w.redirects.Tell(w.Context(), w.id)))
		check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move))
		w.takeBack()
		if kinds[transfer.TypHoldings] == 0 || kinds[transfer.TypUndo] < 2 {
			w.Errorf("sent were %v", kinds)
		}
	})
}

// claims are those of a signed message, and its kind.
func (w *world) claims(message string) (typ string, claims map[string]any) {
	w.Helper()
	parts := strings.Split(message, ".")
	if len(parts) != 3 {
		w.Fatalf("%q is no compact JWS", message)
	}
	var header map[string]any
	for i, into := range []*map[string]any{&header, &claims} {
		raw := must(base64.RawURLEncoding.DecodeString(parts[i]))(w.T)
		check(w.T, json.Unmarshal(raw, into))
	}
	for name, want := range map[string]any{"transfer": w.id, "nonce": w.nonce(), "iat": float64(w.now.Unix())} {
		if claims[name] != want {
			w.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	for _, name := range []string{"iss", "aud", "jti"} {
		if text, ok := claims[name].(string); !ok || len(text) < 16 {
			w.Errorf("%s is %v", name, claims[name])
		}
	}
	if header["alg"] != "ES256" {
		w.Errorf("the header is %v", header)
	}
	typ, _ = header["typ"].(string)
	return typ, claims
}
