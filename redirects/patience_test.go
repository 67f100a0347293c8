package redirects_test

import (
	"testing"

	"podmove/transfer"
)

// TestTakingBackWaits: what stands between two pods may say anything, and say it
// twice. Only what the old pod itself says, and would say again, ends the asking.
func TestTakingBackWaits(t *testing.T) {
	guessed := transfer.Errorf(transfer.NotFound, "status 404")
	guessed.Guessed = true
	once(t, func(w *world) {
		check(w.T, w.keeper.Undo(w.Context(), w.new.account.ID, w.move))
		came := len(w.new.items(w.T, transfer.Posts))
		for name, err := range map[string]error{
			"a pod that does not answer":         errDown,
			"an answer that is none":             transfer.Errorf(transfer.AnswerInvalid, "a page of a proxy's"),
			"a message that was sent twice":      transfer.Errorf(transfer.MessageReplayed, "it came before"),
			"a status that no pod may have said": guessed,
		} {
			w.part("for "+name, func() {
				w.twist = func(string, string, string) (string, error) { return "", err }
				if next := must(w.keeper.TakeBack(w.Context(), w.move))(w.T); next.Done || next.After <= 0 {
					w.Errorf("got %+v", next)
				}
			})
		}
		w.part("and no longer for an old pod that does not know the move", func() {
			w.twist = func(string, string, string) (string, error) {
				return "", transfer.Errorf(transfer.NotFound, "there is no such transfer")
			}
			if next := must(w.keeper.TakeBack(w.Context(), w.move))(w.T); !next.Done {
				w.Errorf("got %+v", next)
			}
			if left := len(w.new.items(w.T, transfer.Posts)); left != came {
				w.Errorf("%d posts are left of %d", left, came)
			}
		})
	})
}
