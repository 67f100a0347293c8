package transfer

// The kinds of signed message; an endpoint takes exactly one (Protocol §1.4,
// RFC 8725 §3.11).
const (
	TypManifest = "podmove-manifest+jwt"
	TypReceipt  = "podmove-receipt+jwt"
	TypHoldings = "podmove-holdings+jwt"
	TypUndo     = "podmove-undo+jwt"
	TypMovedOn  = "podmove-moved-on+jwt"
)

// Envelope is what every signed message carries.
type Envelope struct {
	Issuer    string `json:"iss"` // the signer's public URL
	Audience  string `json:"aud"` // the one reader's public URL
	Transfer  string `json:"transfer"`
	Nonce     string `json:"nonce"` // transfer nonce
	IssuedAt  int64  `json:"iat"`   // Unix seconds
	Expires   int64  `json:"exp,omitempty"`
	ID        string `json:"jti"`
	InReplyTo string `json:"in_reply_to,omitempty"` // the jti that this answers
}

// A Manifest is what the source says it gave.
type Manifest struct {
	Envelope
	AsOf       int64            `json:"as_of"` // the account's change number
	Format     int              `json:"format"`
	Since      Time             `json:"since,omitempty"`
	Until      Time             `json:"until,omitempty"`
	Tallies    []Tally          `json:"tallies"`
	Unsendable map[string]int64 `json:"unsendable,omitempty"` // per collection
}

// A Receipt is what the destination says it took: tallies of what arrived, and
// where the items are to be found now.
type Receipt struct {
	Envelope
	AsOf      int64     `json:"as_of"` // the manifest's
	Tallies   []Tally   `json:"tallies"`
	Account   string    `json:"account"` // the new diaspora* ID
	Profile   string    `json:"profile"` // URL of the new public profile
	Templates Templates `json:"templates"`
}

// Templates give the address of an item that kept its name (Protocol §5.4),
// for example "https://new.example/uploads/images/{variant}{name}".
type Templates struct {
	Post  string `json:"post"`  // {guid}
	Photo string `json:"photo"` // {variant} {name}
	Feed  string `json:"feed"`  // whole, no placeholder
}

// MaxHoldings is how many items one holdings request may name.
const MaxHoldings = 500

// Holdings asks, or answers, whether the destination still holds items
// (Protocol §7.3).
type Holdings struct {
	Envelope
	Items []Holding `json:"items"`
}

// A Holding is one item asked about or answered for. Proof is the SHA-256 of
// the challenge, the item's bytes, and for a photo its content.
type Holding struct {
	Collection Collection   `json:"collection"`
	GUID       string       `json:"guid"`
	Challenge  string       `json:"challenge,omitempty"` // in the question: at least 128 random bits
	State      HoldingState `json:"state,omitempty"`
	Proof      Digest       `json:"proof,omitempty"`
}

// HoldingState is an answer about one item.
type HoldingState string

// Held, edited and removed (by the owner, there) allow erasing; absent never.
const (
	Held           HoldingState = "held"
	EditedThere    HoldingState = "edited"
	RemovedThere   HoldingState = "removed"
	AbsentThere    HoldingState = "absent"
	HoldingUnasked HoldingState = ""
)

// Undo asks for, or tells of, an undo; the answer of a source lists which of
// the items named are live again, with their digests (Protocol §7.2).
type Undo struct {
	Envelope
	State State      `json:"state,omitempty"`
	Items []LiveItem `json:"items,omitempty"` // at most MaxHoldings
}

// LiveItem names an item and, in an answer, the digest it has at the source.
type LiveItem struct {
	Collection Collection `json:"collection"`
	GUID       string     `json:"guid"`
	Digest     Digest     `json:"digest,omitempty"`
}
