package pod

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// DeviceLife is how long a browser counts as one that the account signed in
// from.
const DeviceLife = 180 * 24 * time.Hour

// deviceSize is an account's row id, a moment, and 16 random bytes.
const deviceSize = 8 + 8 + 16

// Device is what a browser keeps that has just signed in to an account: proof of
// that, and of nothing else. It opens nothing; it only keeps strangers from
// using up this browser's tries.
func (g *Gate) Device(a Account) string {
	raw := binary.BigEndian.AppendUint64(nil, uint64(a.ID))
	raw = binary.BigEndian.AppendUint64(raw, uint64(g.Now().UnixMilli()))
	raw = append(raw, make([]byte, 16)...)
	rand.Read(raw[16:]) // never fails
	return base64.RawURLEncoding.EncodeToString(g.sign(raw))
}

// known reads what Device made, and answers the browser's name. It is good for
// the account alone, and no longer than the password that it came with.
func (g *Gate) known(token string, a Account) (device string, known bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != deviceSize+sha256.Size || !hmac.Equal(g.sign(raw[:deviceSize:deviceSize]), raw) {
		return "", false
	}
	at := time.UnixMilli(int64(binary.BigEndian.Uint64(raw[8:])))
	if binary.BigEndian.Uint64(raw) != uint64(a.ID) || a.ID == 0 || at.Before(a.SessionsFrom) || g.Now().Sub(at) > DeviceLife {
		return "", false
	}
	return hex.EncodeToString(raw[16:deviceSize]), true
}

// sign puts a MAC behind raw.
func (g *Gate) sign(raw []byte) []byte {
	mac := hmac.New(sha256.New, g.Secret)
	mac.Write([]byte("device\x00"))
	mac.Write(raw)
	return mac.Sum(raw)
}
