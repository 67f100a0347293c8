package transfer

// An Opening is what a client asks for when it opens a transfer: the body of
// POST /transfer/v1/transfers. The same grant and nonce again answer the same
// transfer (Protocol §4).
type Opening struct {
	Purpose     Purpose      `json:"purpose"`
	Collections []Collection `json:"collections"`
	Nonce       string       `json:"nonce"`  // the transfer nonce: 22 to 128 characters
	Format      int          `json:"format"` // the version of the items' shapes that the client reads
	// Items are wanted of what an earlier transfer left, where the permission is to
	// try that again; of a collection of which none is named, all are (Protocol §5.5).
	Items []ItemName `json:"items,omitempty"` // at most MaxHoldings
}

// An ItemName names an item at its source.
type ItemName struct {
	Collection Collection `json:"collection"`
	GUID       string     `json:"guid"`
}
