package transfer

// MovedOn tells the pod that an account came from where it has gone on to, or,
// as undone, that it has come back (Protocol §6.5). The answer repeats the
// state.
type MovedOn struct {
	Envelope
	State   State    `json:"state"`             // redirecting or undone
	Account string   `json:"account,omitempty"` // the newest diaspora* ID
	Profile string   `json:"profile,omitempty"` // URL of its public profile
	Feed    string   `json:"feed,omitempty"`    // URL
	Items   []Onward `json:"items,omitempty"`   // at most MaxHoldings; others may come in further messages
}

// An Onward is where an item is now that the reader gave.
type Onward struct {
	Collection Collection `json:"collection"`
	GUID       string     `json:"guid"` // as at the reader
	URL        string     `json:"url"`  // whole; a photo's with {variant}
}

// CheckItems refuses a message that is out of bounds, or not at the origin of
// the newest pod in each of its addresses (Protocol §5.4).
func (m MovedOn) CheckItems(origin string) error {
	if len(m.Items) > MaxHoldings {
		return Errorf(TooLarge, "a notice of moving on names at most %d items", MaxHoldings)
	}
	for _, address := range []string{m.Profile, m.Feed} {
		if err := CheckAddress(address, origin); err != nil {
			return err
		}
	}
	for _, item := range m.Items {
		if item.Collection != Posts && item.Collection != Photos || !ValidGUID(item.GUID) {
			return Errorf(RequestInvalid, "a notice of moving on names posts and photos by their guids")
		}
		if err := CheckTemplate(item.URL, origin, PlaceVariant); err != nil {
			return err
		}
	}
	return nil
}
