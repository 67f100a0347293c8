package transfer

// MaxReceipts is how many outcomes one request may carry.
const MaxReceipts = 2000

// A Result is what became of one item at the destination.
type Result string

// Imported and Unchanged items have arrived; the others have not.
const (
	Imported  Result = "imported"
	Unchanged Result = "unchanged" // it was already here, with these very bytes
	Skipped   Result = "skipped"   // left out for a reason that trying again does not change
	Failed    Result = "failed"    // may be tried again
	Removed   Result = "removed"   // was here, and was deleted as the source deleted it
)

// Arrived reports whether the item is at the destination.
func (r Result) Arrived() bool { return r == Imported || r == Unchanged }

// An Outcome is what the destination tells the source of one item.
type Outcome struct {
	Collection Collection `json:"collection"`
	GUID       string     `json:"guid"`
	Digest     Digest     `json:"digest,omitempty"` // of the bytes that came
	Result     Result     `json:"outcome"`
	Reason     Code       `json:"reason,omitempty"`
	URL        string     `json:"url,omitempty"` // where the template does not give it (Protocol §3.8)
}
