package config

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time that people write: "30d", "12h", "5s", "1w2d",
// "1h30m". A day has 24 hours, a week 7 days. It is never negative.
type Duration time.Duration

// weeksAndDays is what stands before the units that package time knows.
var weeksAndDays = regexp.MustCompile(`^(?:(\d{1,6})w)?(?:(\d{1,6})d)?(.*)$`)

// ParseDuration reads a length of time.
func ParseDuration(text string) (Duration, error) {
	wrong := fmt.Errorf("%q is no length of time; write one like 30d, 12h or 5s", text)
	parts := weeksAndDays.FindStringSubmatch(text)
	if text == "" || parts == nil || strings.ContainsAny(text, "+-") {
		return 0, wrong
	}
	var rest time.Duration
	if parts[3] != "" {
		var err error
		if rest, err = time.ParseDuration(parts[3]); err != nil {
			return 0, wrong
		}
	}
	days := 7*count(parts[1]) + count(parts[2])
	if days > int64((math.MaxInt64-rest)/day) {
		return 0, fmt.Errorf("%q is too long", text)
	}
	return Duration(time.Duration(days)*day + rest), nil
}

// count reads up to six digits; none are 0.
func count(digits string) int64 {
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}

// Std is the duration as package time has it.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String writes the duration as ParseDuration reads it: "30d", "1d12h", "5s".
func (d Duration) String() string {
	days, rest := time.Duration(d)/day, time.Duration(d)%day
	text := ""
	if days > 0 {
		text = strconv.FormatInt(int64(days), 10) + "d"
	}
	if rest == 0 && days > 0 {
		return text
	}
	short := rest.String() // such as 12h0m0s, whose zeros say nothing
	if cut, ok := strings.CutSuffix(short, "m0s"); ok {
		short = cut + "m"
	}
	if cut, ok := strings.CutSuffix(short, "h0m"); ok {
		short = cut + "h"
	}
	return text + short
}

// MarshalText is encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDuration(string(text))
	return err
}

// Size is a number of bytes that people write: "50MiB", "4GiB", "65536".
type Size int64

var sizeUnits = []struct {
	name  string
	shift uint
}{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}, {"", 0}}

// ParseSize reads a number of bytes.
func ParseSize(text string) (Size, error) {
	for _, unit := range sizeUnits {
		digits, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || n > math.MaxInt64>>unit.shift {
			break
		}
		return Size(n << unit.shift), nil
	}
	return 0, errors.New(strconv.Quote(text) + " is no size; write one like 50MiB, 4GiB or 65536")
}

// String writes the size as ParseSize reads it.
func (s Size) String() string {
	for _, unit := range sizeUnits {
		if n := int64(s) >> unit.shift; n<<unit.shift == int64(s) && n != 0 {
			return strconv.FormatInt(n, 10) + unit.name
		}
	}
	return "0"
}

// MarshalText is encoding.TextMarshaler.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSize(string(text))
	return err
}
