package pod

import (
	"bytes"
	"encoding/base32"
	"errors"
	"image/png"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// TestStepOf has the codes of RFC 6238, appendix B, of which ours are the last
// six digits.
func TestStepOf(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, code := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		for _, off := range []int64{-60, -30, 0, 30, 60} {
			if at+off < 0 {
				continue
			}
			step, err := stepOf(secret, code, time.Unix(at+off, 0))
			near := off >= -30 && off <= 30
			if near && (err != nil || step != at/30) || !near && !errors.Is(err, ErrWrongCode) {
				t.Errorf("the code of %d at %+d s: step %d, %v", at, off, step, err)
			}
		}
	}
	for _, code := range []string{"", "000000", "94287082", "28708", "２87082", "28708\x00"} {
		if _, err := stepOf(secret, code, time.Unix(59, 0)); !errors.Is(err, ErrWrongCode) {
			t.Errorf("%q: %v", code, err)
		}
	}
}

func TestRecoveryCodes(t *testing.T) {
	seen := map[string]bool{}
	for range 20 {
		codes := recoveryCodes()
		if len(codes) != 10 {
			t.Fatalf("%d codes", len(codes))
		}
		for _, code := range codes {
			// 16 of 32 letters and digits are 80 bits.
			if !regexp.MustCompile(`^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$`).MatchString(code) || seen[code] {
				t.Errorf("%q, there before: %v", code, seen[code])
			}
			seen[code] = true
		}
		for i, hash := range hashes(codes) {
			typed := strings.ToLower(strings.ReplaceAll(codes[i], "-", " "))
			if !bytes.Equal(hash, hashes([]string{typed})[0]) || strings.Contains(string(hash), squeeze(codes[i])) {
				t.Errorf("%q is kept as %q, and typed as %q", codes[i], hash, typed)
			}
		}
	}
}

func TestEnrol(t *testing.T) {
	secret := []byte("12345678901234567890")
	e, err := enrol("pod.example:8443", "aurora", secret)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(e.Picture))
	if err != nil || picture.Bounds().Dx() != pictureSize {
		t.Errorf("%v", err)
	}
	raw, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(e.Secret, " ", ""))
	if err != nil || !bytes.Equal(raw, secret) {
		t.Errorf("%q, %v", e.Secret, err)
	}
	now := time.Now()
	code, err := totp.GenerateCode(strings.ReplaceAll(e.Secret, " ", ""), now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stepOf(secret, code, now); err != nil {
		t.Errorf("an authenticator's code: %v", err)
	}
}
