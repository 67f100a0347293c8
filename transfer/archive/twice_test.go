package archive

import (
	"fmt"
	"reflect"
	"testing"

	"podmove/transfer"
)

func TestTracker(t *testing.T) {
	count := func(room int) (transfer.CollectionPlan, []uint32) {
		w := tracker{room: room}
		defer w.close()
		for i := range 1000 {
			guid := fmt.Sprint(i * 7919 % 900) // a hundred come twice
			if i%250 == 0 {
				guid = ""
			}
			if err := w.add(guid, measured{uint32(i), 1}); err != nil {
				t.Fatal(err)
			}
		}
		sum, again, err := w.done(transfer.Posts)
		if err != nil {
			t.Fatal(err)
		}
		return sum, again
	}
	sum, again := count(1_000_000)
	if sum.Count != 1000 || len(again) < 90 || sum.ContentBytes != int64(1000-len(again)) {
		t.Fatalf("in memory: %+v, %d come twice", sum, len(again))
	}
	for _, room := range []int{1, 7, 500, 1000} {
		t.Run(fmt.Sprintf("finds the same with room for %d", room), func(t *testing.T) {
			if s, a := count(room); s != sum || !reflect.DeepEqual(a, again) {
				t.Errorf("%+v, twice %v; want %+v, %v", s, a, sum, again)
			}
		})
	}
}
