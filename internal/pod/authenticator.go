package pod

import (
	"bytes"
	"crypto/subtle"
	"encoding/base32"
	"image/png"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// What every authenticator can do (RFC 6238 §4): six digits by HMAC-SHA-1, a new
// code each half a minute.
const (
	digits = 6
	period = 30
	skew   = 1 // steps before and after now that are taken (RFC 6238 §6)
)

// An Enrolment is what a person carries over to their authenticator.
type Enrolment struct {
	Secret  string // base32, in fours, to be typed
	Picture []byte // the same as a QR code, a PNG
}

// pictureSize is the width of the QR code in pixels.
const pictureSize = 240

func enrol(host, username string, secret []byte) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer:      strings.ReplaceAll(host, ":", " "), // a colon would end the issuer
		AccountName: username, Secret: secret, Period: period, Digits: digits, Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return Enrolment{}, err
	}
	picture, err := key.Image(pictureSize, pictureSize)
	if err != nil {
		return Enrolment{}, err
	}
	var out bytes.Buffer
	err = png.Encode(&out, picture)
	return Enrolment{Secret: inFours(key.Secret(), " "), Picture: out.Bytes()}, err
}

// stepOf is the time step, of those around now, whose code this is, or
// ErrWrongCode.
func stepOf(secret []byte, code string, now time.Time) (int64, error) {
	text := base32.StdEncoding.EncodeToString(secret)
	at := now.Unix() / period
	for step := at - skew; step <= at+skew; step++ {
		want, err := hotp.GenerateCodeCustom(text, uint64(step), hotp.ValidateOpts{Digits: digits, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return step, nil
		}
	}
	return 0, ErrWrongCode
}
