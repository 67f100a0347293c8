package keys

import "errors"

// What can be wrong with something that is signed, published or sealed. Match
// them with errors.Is; what wraps them says more.
var (
	// ErrSet: a key set that another pod publishes cannot be used.
	ErrSet = errors.New("this key set cannot be used")
	// ErrTooLarge: a signed message is larger than MaxMessageBytes.
	ErrTooLarge = errors.New("this signed message is too large")
	// ErrMalformed: the bytes are no compact ES256 JWS around JSON claims.
	ErrMalformed = errors.New("this is not a signed message that can be read")
	// ErrType: a signed message of another type than the one this place takes.
	ErrType = errors.New("this signed message is of another type")
	// ErrUnknownKey: the set holds no key of the name that the message gives.
	ErrUnknownKey = errors.New("this message is signed with a key that its sender does not publish")
	// ErrSignature: the signature does not fit the message and the key.
	ErrSignature = errors.New("the signature of this message is wrong")
	// ErrSealed: sealed bytes do not open under this master key and purpose.
	ErrSealed = errors.New("these sealed bytes do not open: another master key, another purpose, or damage")
)
