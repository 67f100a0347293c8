package locale

import (
	"time"

	"golang.org/x/text/number"
)

// months by number.
var months = []Key{
	Key("January"), Key("February"), Key("March"), Key("April"), Key("May"), Key("June"),
	Key("July"), Key("August"), Key("September"), Key("October"), Key("November"), Key("December"),
}

// Date is a day: 1 March 2026.
func (l *Locale) Date(t time.Time) string {
	t = t.UTC()
	return l.Text(Key("%[1]d %[2]s %[3]s"), t.Day(), l.Text(months[t.Month()-1]), l.digits(t.Year(), 1))
}

// Moment is a day and a time, in UTC, which it says: a pod does not know where
// its people are.
func (l *Locale) Moment(t time.Time) string {
	return l.Text(Key("%[1]s, %[2]s UTC"), l.Date(t), l.Clock(t))
}

// Clock is a time of the day: 14:05.
func (l *Locale) Clock(t time.Time) string {
	t = t.UTC()
	return l.digits(t.Hour(), 2) + ":" + l.digits(t.Minute(), 2)
}

// digits is a number that is not grouped, with at least as many digits.
func (l *Locale) digits(n, least int) string {
	return l.printer.Sprint(number.Decimal(n, number.NoSeparator(), number.MinIntegerDigits(least)))
}

// Seconds is how long something took, to a tenth: 1.3 s.
func (l *Locale) Seconds(d time.Duration) string {
	return l.printer.Sprint(number.Decimal(d.Seconds(), number.MaxFractionDigits(1))) + "\u00a0s"
}

// Span is about how long something takes: 40 seconds, 3 minutes, 2 hours.
func (l *Locale) Span(d time.Duration) string {
	switch {
	case d < 90*time.Second:
		return l.Text(Key("%d seconds"), int(d.Round(time.Second)/time.Second))
	case d < 90*time.Minute:
		return l.Text(Key("%d minutes"), int(d.Round(time.Minute)/time.Minute))
	case d < 48*time.Hour:
		return l.Text(Key("%d hours"), int(d.Round(time.Hour)/time.Hour))
	default:
		return l.Text(Key("%d days"), int(d.Round(24*time.Hour)/(24*time.Hour)))
	}
}
