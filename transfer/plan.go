package transfer

// A Plan is what a source announces when a transfer is opened, so that the
// other side can bound what it takes (Protocol §4.5). It is also the body of
// the answer to opening, and of the transfer read again.
type Plan struct {
	Transfer    string           `json:"transfer"` // transfer id
	Nonce       string           `json:"nonce"`    // the client's transfer nonce
	Purpose     Purpose          `json:"purpose"`
	State       State            `json:"state"`
	Format      int              `json:"format"`
	Since       Time             `json:"since,omitempty"`
	Until       Time             `json:"until,omitempty"`
	Limited     bool             `json:"limited"` // limited posts are included
	Collections []CollectionPlan `json:"collections"`
	Limits      Limits           `json:"limits"`
	Leftover    int64            `json:"leftover,omitempty"` // items the person has to accept as not arrived
	Stood       int64            `json:"stood_ms,omitempty"` // for how long the account stood still for it, in milliseconds (Protocol §5.1)
	GraceEnds   Time             `json:"grace_ends,omitempty"`
	AlsoKnownAs []string         `json:"also_known_as,omitempty"` // the account's ID here, and then those that it had before; none if it leaves no address
	Page        string           `json:"page,omitempty"`          // where the person sees the transfer at its source, and accepts what did not arrive
}

// CollectionPlan is the expected size of one collection.
type CollectionPlan struct {
	Collection   Collection `json:"collection"`
	Count        int64      `json:"count"`
	Bytes        int64      `json:"bytes"`         // of the items' canonical JSON
	ContentBytes int64      `json:"content_bytes"` // of photos
	Read         int64      `json:"read"`          // entries paged so far, a later change of the same item counted again
	Received     int64      `json:"received"`      // items with a receipt so far
}

// Limits are the largest a client may ask for.
type Limits struct {
	PageItems    int `json:"page_items"`
	PageBytes    int `json:"page_bytes"`
	ReceiptItems int `json:"receipt_items"`
}

// A State is where a transfer stands at its source (Protocol §7.1).
type State string

// The states, in order; cancelled and expired from any before redirecting,
// undone from redirecting. A copy ends in finished.
const (
	Open        State = "open"
	Copying     State = "copying"
	Frozen      State = "frozen"
	Verified    State = "verified"
	Redirecting State = "redirecting"
	ErasingOld  State = "erasing"
	Erased      State = "erased"
	Finished    State = "finished"
	Cancelled   State = "cancelled"
	ExpiredIdle State = "expired"
	Undone      State = "undone"
)

// Away reports whether the account left by the transfer, and was not taken back:
// old links lead, or led, to its destination.
func (s State) Away() bool { return s == Redirecting || s == ErasingOld || s == Erased }

// Readable reports whether pages may still be read.
func (s State) Readable() bool { return s == Open || s == Copying || s == Frozen || s == Verified }
